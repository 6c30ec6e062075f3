/** Which alarm comes first, and how alarms are counted and marked. */
import type { Alarm, Priority } from "../api/types";

const RANK: Readonly<Record<Priority, number>> = { high: 0, medium: 1, low: 2 };

/** Priority, then limit and device before technical, then the older one. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    RANK[a.priority] - RANK[b.priority] ||
    Number(a.kind === "technical") - Number(b.kind === "technical") ||
    a.since - b.since ||
    a.id - b.id
  );
}

/** The alarm that owns a tile: those that hold before latched and acknowledged ones of the same priority. */
export function worst(alarms: readonly Alarm[]): Alarm | null {
  return [...alarms].sort((a, b) => RANK[a.priority] - RANK[b.priority] || calm(a) - calm(b) || byUrgency(a, b))[0] ?? null;
}

function calm(alarm: Alarm): number {
  return alarm.presence === "on" ? 0 : alarm.presence === "latched" ? 1 : 2;
}

/** The alarm an acknowledgement would mean: the most urgent one that nobody has acknowledged. */
export function unacknowledged(alarms: readonly Alarm[]): Alarm | null {
  return worst(alarms.filter((alarm) => alarm.presence !== "ack"));
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
