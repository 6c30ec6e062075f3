/**
 * Which sound is due: a pure step from the alarms that should be heard to the next burst of pulses.
 * Pulses, bursts and intervals follow the table "Alarm conduct"; pitches and lengths lie in the ranges of IEC 60601-1-8.
 */
import type { Priority } from "../api/types";

/** An alarm that should be heard now. */
export interface Heard {
  readonly id: number;
  readonly priority: Priority;
  readonly technical: boolean;
  readonly escalated: boolean;
}

/** One pulse: start and length in seconds from the start of its burst, pitch in Hz. */
export interface Pulse {
  readonly at: number;
  readonly length: number;
  readonly pitch: number;
}

export interface Burst {
  readonly priority: Priority;
  readonly technical: boolean;
  readonly louder: boolean;
  readonly pulses: readonly Pulse[];
}

/** What is sounding: whose burst was played (ids), when the last burst began and ended, ms. */
export interface Sounding {
  readonly heard: readonly number[];
  readonly priority: Priority | null;
  readonly startedAt: number;
  readonly endsAt: number;
}

export interface Step {
  readonly state: Sounding;
  /** The burst to start now, if any. */
  readonly burst: Burst | null;
  /** End whatever is sounding at once. */
  readonly cut: boolean;
}

/** From the start of one burst to the start of the next, ms. */
export const REPEAT_MS: Readonly<Record<Priority, number>> = { high: 10_000, medium: 25_000, low: 30_000 };

export const SILENCE: Sounding = { heard: [], priority: null, startedAt: -Infinity, endsAt: -Infinity };

const RANK: Readonly<Record<Priority, number>> = { high: 0, medium: 1, low: 2 };
const PITCH: Readonly<Record<Priority, number>> = { high: 880, medium: 659, low: 523 };

/** Starts of the pulses in seconds, and the length of each. */
const SHAPE: Readonly<Record<Priority, { readonly starts: readonly number[]; readonly length: number }>> = {
  high: { starts: [0, 0.25, 0.5, 0.95, 1.2, 1.95, 2.2, 2.45, 2.9, 3.15], length: 0.15 },
  medium: { starts: [0, 0.4, 0.8], length: 0.2 },
  low: { starts: [0], length: 0.25 },
};

/** The pulses of a priority. A technical alarm falls in pitch, so that it is not taken for a baby's. */
export function pulsesOf(priority: Priority, technical: boolean): Pulse[] {
  const { starts, length } = SHAPE[priority];
  const pitch = PITCH[priority];
  return starts.map((at, index) => ({ at, length, pitch: technical ? (pitch / 2) * 0.89 ** (index % 5) : pitch }));
}

function first(heard: readonly Heard[]): Heard | null {
  return [...heard].sort((a, b) => RANK[a.priority] - RANK[b.priority] || Number(a.technical) - Number(b.technical) || a.id - b.id)[0] ?? null;
}

/** Decide at `now` (monotonic ms) what starts, given what should be heard. */
export function step(state: Sounding, heard: readonly Heard[], now: number): Step {
  const worst = first(heard);
  if (!worst) return { state: SILENCE, burst: null, cut: state.priority !== null };
  const known = state.heard.filter((id) => heard.some((alarm) => alarm.id === id));
  const equals = heard.filter((alarm) => alarm.priority === worst.priority).map((alarm) => alarm.id);
  const newcomer = equals.some((id) => !known.includes(id));
  const risen = state.priority === null || RANK[worst.priority] < RANK[state.priority];
  const playing = now < state.endsAt;
  // A newcomer of the same priority waits for the burst that plays; one of a higher priority does not.
  const due = risen || (newcomer && !playing) || now >= state.startedAt + REPEAT_MS[worst.priority];
  if (!due) return { state: { ...state, heard: known, priority: worst.priority }, burst: null, cut: false };
  const pulses = pulsesOf(worst.priority, worst.technical);
  const last = pulses[pulses.length - 1]!;
  const louder = heard.some((alarm) => alarm.priority === worst.priority && alarm.escalated);
  const ends = now + (last.at + last.length) * 1000;
  return {
    state: { heard: [...new Set([...known, ...equals])], priority: worst.priority, startedAt: now, endsAt: ends },
    burst: { priority: worst.priority, technical: worst.technical, louder, pulses },
    cut: playing,
  };
}
