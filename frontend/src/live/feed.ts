/**
 * What the browser's watchdog decides, without a clock of its own: which snapshots count, when the link is lost,
 * which cots changed and what the page must hear at once. Snapshots never go backwards, unless the server started again.
 */
import type { Cot, Delta, Snapshot } from "../api/types";

/** No newer snapshot for this long: the link counts as lost. Half a second early, so that the screen shows it within five. */
export const LOST_AFTER_MS = 4_500;

export class Feed {
  private last: { seq: number; at: number } | null = null;
  private heardAt: number;
  private lost = false;
  /** The newest snapshot that the page has not been told of. */
  private waiting: Snapshot | null = null;
  private urgent = "";
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
   * Returns what changed if the page must hear it at once: alarms came, changed or went, or the link is new.
   * Else null: plain numbers wait for `release`, and a snapshot that is not newer counts for nothing.
   */
  offer(snapshot: Snapshot, fresh: boolean, now: number): Delta | null {
    if (!this.isNewer(snapshot, fresh)) return null;
    const restarted = this.last === null || snapshot.seq < this.last.seq;
    const anew = restarted || this.lost;
    if (anew) this.texts.clear();
    this.last = { seq: snapshot.seq, at: snapshot.at };
    this.heardAt = now;
    this.lost = false;
    this.waiting = snapshot;
    const urgent = urgencyOf(snapshot);
    if (!anew && urgent === this.urgent) return null;
    this.urgent = urgent;
    return this.release();
  }

  /** What changed since the page was last told, or null when nothing newer has come. */
  release(): Delta | null {
    const snapshot = this.waiting;
    this.waiting = null;
    return snapshot && this.difference(snapshot);
  }

  /** True once, at the moment the link becomes lost. */
  isNewlyLost(now: number): boolean {
    if (this.lost || now - this.heardAt < LOST_AFTER_MS) return false;
    this.lost = true;
    this.waiting = null;
    return true;
  }

  /** The server answered without a snapshot: a page that never had one has lost nothing. */
  excuse(now: number): void {
    if (this.last === null) this.heardAt = now;
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

/** How far the server's clock is ahead, ms, when a snapshot has just said `measured` and `known` was held before. */
export function aheadAfter(known: number, measured: number): number {
  // The least delayed snapshot is the truest; a jump of the clock is taken at once.
  return Math.abs(measured - known) > 2_000 ? measured : Math.max(measured, known - 5);
}

/** The part of a snapshot that never waits: which alarms there are and how they stand. */
function urgencyOf({ alarms, cots }: Snapshot): string {
  return [alarms, ...cots.map((cot) => cot.alarms)]
    .flat()
    .map((alarm) => `${alarm.id}${alarm.priority}${alarm.presence}${alarm.sounding}`)
    .join();
}
