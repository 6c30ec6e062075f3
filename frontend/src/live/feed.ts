/**
 * What the browser's watchdog decides, without a clock of its own: which snapshots count, when the link is lost,
 * and which cots changed. Snapshots never go backwards, unless the server started again.
 */
import type { Cot, Delta, Snapshot } from "../api/types";

/** No newer snapshot for this long: the link counts as lost. Half a second early, so that the screen shows it within five. */
export const LOST_AFTER_MS = 4_500;

export class Feed {
  private last: { seq: number; at: number } | null = null;
  private heardAt: number;
  private lost = false;
  private texts = new Map<number, string>();

  constructor(startedAt: number) {
    this.heardAt = startedAt;
  }

  /** The sequence a poll should ask to go beyond. */
  get seq(): number | null {
    return this.last?.seq ?? null;
  }

  /**
   * Take one snapshot received at `now` (monotonic ms); `fresh` marks the first of a new connection.
   * Returns what changed, or null when the snapshot is not newer than what is known.
   */
  offer(snapshot: Snapshot, fresh: boolean, now: number): Delta | null {
    if (!this.isNewer(snapshot, fresh)) return null;
    const restarted = this.last === null || snapshot.seq < this.last.seq;
    if (restarted || this.lost) this.texts.clear();
    this.last = { seq: snapshot.seq, at: snapshot.at };
    this.heardAt = now;
    this.lost = false;
    return this.difference(snapshot);
  }

  /** True once, at the moment the link becomes lost. */
  isNewlyLost(now: number): boolean {
    if (this.lost || now - this.heardAt < LOST_AFTER_MS) return false;
    this.lost = true;
    return true;
  }

  /** Monotonic ms of the last snapshot that counted. */
  get lastHeardAt(): number {
    return this.heardAt;
  }

  /** A snapshot that is repeated proves nothing: the clock in it must move on, too. */
  private isNewer(snapshot: Snapshot, fresh: boolean): boolean {
    if (this.last === null) return true;
    if (snapshot.seq > this.last.seq) return true;
    if (snapshot.seq === this.last.seq) return snapshot.at > this.last.at;
    return fresh && (snapshot.at > this.last.at || this.lost);
  }

  private difference(snapshot: Snapshot): Delta {
    const { cots, ...head } = snapshot;
    const texts = new Map<number, string>();
    const changed: Cot[] = [];
    for (const cot of cots) {
      const text = JSON.stringify(cot);
      texts.set(cot.id, text);
      if (this.texts.get(cot.id) !== text) changed.push(cot);
    }
    this.texts = texts;
    return { head, order: cots.map((cot) => cot.id), changed };
  }
}
