/** Which alarm comes first, and how alarms are counted and marked. */
import type { Alarm, Presence, Priority } from "../api/types";

const RANK: Readonly<Record<Priority, number>> = { high: 0, medium: 1, low: 2 };

const STANDING: Readonly<Record<Presence, number>> = { on: 0, latched: 1, ack: 2 };

/** Priority, then what holds before what has ended or is acknowledged, then limit before technical. */
function byWeight(a: Alarm, b: Alarm): number {
  return (
    RANK[a.priority] - RANK[b.priority] ||
    STANDING[a.presence] - STANDING[b.presence] ||
    Number(a.held) - Number(b.held) ||
    Number(a.kind === "technical") - Number(b.kind === "technical")
  );
}

function byAge(a: Alarm, b: Alarm): number {
  return a.since - b.since || a.id - b.id;
}

/** Of the whole unit: by weight, then the older. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return byWeight(a, b) || byAge(a, b);
}

/** What is read first of a baby; the others follow in the order they came. */
const FIRST = ["spo2", "heart_rate", "apnea_duration", "resp_rate"];

function place(alarm: Alarm): number {
  const found = FIRST.indexOf(alarm.parameter ?? "");
  return found < 0 ? FIRST.length : found;
}

/** Of one cot: by weight, then SpO2 and HR before the rest, then the older. */
export function inOneCot(a: Alarm, b: Alarm): number {
  return byWeight(a, b) || place(a) - place(b) || byAge(a, b);
}

/** The alarm that owns a tile. */
export function worst(alarms: readonly Alarm[]): Alarm | null {
  return [...alarms].sort(inOneCot)[0] ?? null;
}

/** The alarm an acknowledgement would mean: the most urgent one that nobody has acknowledged. */
export function unacknowledged(alarms: readonly Alarm[]): Alarm | null {
  return worst(alarms.filter((alarm) => alarm.presence !== "ack"));
}

/** One alarm per cot, its worst, with the number of its others; the most urgent cot first. The unit itself counts as a cot only on request. */
export function worstPerCot(alarms: readonly Alarm[], withUnit = false): { readonly alarm: Alarm; readonly more: number }[] {
  const found = new Map<number | null, { alarm: Alarm; more: number }>();
  for (const alarm of [...alarms].sort(inOneCot)) {
    if (alarm.cot_id === null && !withUnit) continue;
    const known = found.get(alarm.cot_id);
    if (known) known.more += 1;
    else found.set(alarm.cot_id, { alarm, more: 0 });
  }
  return [...found.values()].sort((a, b) => byUrgency(a.alarm, b.alarm));
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
