/** Marks on the time axis and the words for times and durations; the wall clock is the reader's own. Pure. */
import { timeOfDay } from "../format";
import { MARGIN_RIGHT } from "./pen";

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  10 * SECOND, 30 * SECOND, MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY,
];

export interface Tick {
  at: number;
  text: string;
  /** Midnight, or the first mark: carries the date. */
  strong: boolean;
}

/** The step that keeps marks at least `room` pixels apart. */
export function tickStep(span: number, width: number, room = 84): number {
  const least = (span / Math.max(1, width)) * room;
  return STEPS.find((step) => step >= least) ?? STEPS[STEPS.length - 1]!;
}

/** Local midnight at or before an instant. */
function midnight(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

/** Marks inside [from, to], on round local times. */
export function timeTicks(from: number, to: number, width: number, room = 84): Tick[] {
  const step = tickStep(to - from, width, room);
  const ticks: Tick[] = [];
  let day = midnight(from);
  let at = day;
  while (at <= to) {
    if (at >= from) ticks.push({ at, strong: at === day, text: at === day ? dayText(at) : timeOfDay(at, step < MINUTE) });
    at = step >= DAY ? midnight(at + step + HOUR * 3) : at + step;
    // Round hours start again at each midnight, so a change of summer time moves no later mark.
    const next = midnight(at);
    if (step < DAY && next !== day) at = day = next;
    else if (step >= DAY) day = next;
  }
  return ticks;
}

/** Half the width of a character, in its own size. */
const HALF_CHARACTER = 0.31;

/** Where the middle of a mark's words stands, px, so that their end is not past that of the chart. */
export function within(x: number, text: string, width: number, type: number): number {
  return Math.min(x, width + MARGIN_RIGHT - text.length * type * HALF_CHARACTER);
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Mon 23 Nov. */
export function dayText(at: number): string {
  const d = new Date(at);
  return `${DAYS[d.getDay()]} ${d.getDate()} ${MONTHS[d.getMonth()]}`;
}

/** Short for a list: 03:12 today, Sun 23:52 within six days, else 9 Nov. */
export function briefly(at: number, now: number): string {
  const d = new Date(at);
  if (midnight(at) === midnight(now)) return timeOfDay(at);
  return now - at < 6 * DAY ? `${DAYS[d.getDay()]} ${timeOfDay(at)}` : `${d.getDate()} ${MONTHS[d.getMonth()]}`;
}

/** The clock alone within a day of `now`, else with its date. */
export function when(at: number, now: number, seconds = false): string {
  return midnight(at) === midnight(now) ? timeOfDay(at, seconds) : `${dayText(at)} ${timeOfDay(at, seconds)}`;
}

/** 1 s, 15 s, 4 min, 6 h: the width of one bucket. */
export function stepText(ms: number): string {
  if (ms < MINUTE) return `${Math.max(1, Math.round(ms / SECOND))} s`;
  if (ms < HOUR) return `${Number((ms / MINUTE).toFixed(1))} min`;
  return `${Number((ms / HOUR).toFixed(1))} h`;
}
