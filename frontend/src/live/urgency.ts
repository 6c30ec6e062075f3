/** Which alarm comes first, and how alarms are counted and marked. */
import type { Alarm, Presence, Priority } from "../api/types";

const RANK: Readonly<Record<Priority, number>> = { high: 0, medium: 1, low: 2 };

const STANDING: Readonly<Record<Presence, number>> = { on: 0, latched: 1, ack: 2 };

/** Priority, then what holds before what has ended or is acknowledged, then limit before technical, then the older. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    RANK[a.priority] - RANK[b.priority] ||
    STANDING[a.presence] - STANDING[b.presence] ||
    Number(a.held) - Number(b.held) ||
    Number(a.kind === "technical") - Number(b.kind === "technical") ||
    a.since - b.since ||
    a.id - b.id
  );
}

/** The alarm that owns a tile. */
export function worst(alarms: readonly Alarm[]): Alarm | null {
  return [...alarms].sort(byUrgency)[0] ?? null;
}

/** The alarm an acknowledgement would mean: the most urgent one that nobody has acknowledged. */
export function unacknowledged(alarms: readonly Alarm[]): Alarm | null {
  return worst(alarms.filter((alarm) => alarm.presence !== "ack"));
}

/** One alarm per cot, its worst, with the number of its others; the most urgent cot first. */
export function worstPerCot(alarms: readonly Alarm[]): { readonly alarm: Alarm; readonly more: number }[] {
  const found = new Map<number, { alarm: Alarm; more: number }>();
  for (const alarm of [...alarms].sort(byUrgency)) {
    if (alarm.cot_id === null) continue;
    const known = found.get(alarm.cot_id);
    if (known) known.more += 1;
    else found.set(alarm.cot_id, { alarm, more: 0 });
  }
  return [...found.values()];
}

export interface Tally {
  readonly high: number;
  readonly medium: number;
  readonly low: number;
  readonly technical: number;
}

/** Alarms by priority; technical ones are counted apart. */
export function tally(alarms: readonly Alarm[]): Tally {
  const counted = { high: 0, medium: 0, low: 0, technical: 0 };
  for (const alarm of alarms) counted[alarm.kind === "technical" ? "technical" : alarm.priority] += 1;
  return counted;
}

/** The most urgent alarm that should be heard, or null for silence. */
export function loudest(alarms: readonly Alarm[]): Alarm | null {
  return [...alarms].filter((alarm) => alarm.sounding).sort(byUrgency)[0] ?? null;
}
