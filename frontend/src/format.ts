/** Numbers, durations and instants in the words of the ward. */

export const NO_VALUE = "--";

/** A value with the decimals of its vital sign; `--` when there is none. */
export function number(value: number | null | undefined, decimals = 0): string {
  return value === null || value === undefined || Number.isNaN(value) ? NO_VALUE : value.toFixed(decimals);
}

/** Elapsed ms as `0:42`, `12:05`, `3:07:00` or `2 d 4 h`; never negative. */
export function elapsed(ms: number): string {
  const s = Math.max(0, Math.floor(ms / 1000));
  const pair = (n: number): string => String(n).padStart(2, "0");
  if (s < 3600) return `${Math.floor(s / 60)}:${pair(s % 60)}`;
  if (s < 86_400) return `${Math.floor(s / 3600)}:${pair(Math.floor(s / 60) % 60)}:${pair(s % 60)}`;
  return `${Math.floor(s / 86_400)} d ${Math.floor(s / 3600) % 24} h`;
}

/** Elapsed ms in one rough unit: `12 s`, `4 min`, `3 h`, `2 d`. */
export function roughly(ms: number): string {
  const s = Math.max(0, Math.round(ms / 1000));
  if (s < 60) return `${s} s`;
  if (s < 3600) return `${Math.floor(s / 60)} min`;
  if (s < 86_400) return `${Math.floor(s / 3600)} h`;
  return `${Math.floor(s / 86_400)} d`;
}

type When = number | string | null | undefined;

function date(when: When): Date | null {
  if (when === null || when === undefined || when === "") return null;
  const made = new Date(when);
  return Number.isNaN(made.getTime()) ? null : made;
}

const pad = (n: number): string => String(n).padStart(2, "0");

/** Local time of day, `03:12` or with seconds `03:12:47`. */
export function timeOfDay(when: When, seconds = false): string {
  const d = date(when);
  if (!d) return "–";
  return `${pad(d.getHours())}:${pad(d.getMinutes())}${seconds ? `:${pad(d.getSeconds())}` : ""}`;
}

/** Local day and time, `2026-11-23 03:12`. */
export function dayAndTime(when: When, seconds = false): string {
  const d = date(when);
  return d ? `${day(when)} ${timeOfDay(when, seconds)}` : "–";
}

/** Local day, `2026-11-23`. */
export function day(when: When): string {
  const d = date(when);
  return d ? `${d.getFullYear()}-${pad(d.getMonth() + 1)}-${pad(d.getDate())}` : "–";
}

/** `1 cot`, `2 cots`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${n} ${n === 1 ? one : many}`;
}

/** Names in one line: `A`, `A and B`, `A, B and 3 more`. */
export function someOf(names: readonly string[], most = 6): string {
  const shown = names.length > most ? [...names.slice(0, most - 1), `${names.length - most + 1} more`] : names;
  return shown.length < 2 ? (shown[0] ?? "") : `${shown.slice(0, -1).join(", ")} and ${shown.at(-1)}`;
}

/** A duration in seconds: `24 s`, `2 min 05 s`. */
export function seconds(s: number | null | undefined): string {
  if (s === null || s === undefined) return "–";
  const whole = Math.round(s);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${pad(whole % 60)} s`;
}
