/** Editing alarm limits: what is typed, what is wrong with it, and what would change. Pure; the server judges again. */
import type { LimitRow, Vital } from "../api/types";

export type Field = "red" | "yellow" | "red_delay_s" | "yellow_delay_s";
type Side = LimitRow["side"];

/** Assumed, as in the server's own rule: a delay longer than a minute is an alarm turned off under another name. */
export const MAX_DELAY_S = 60;

/** Without these red limits a baby is not watched; silencing them is a separate act with a reason. */
const ESSENTIAL = new Set(["heart_rate:low", "heart_rate:high", "spo2:low", "apnea_duration:high"]);

const FIELDS: readonly Field[] = ["red", "yellow", "red_delay_s", "yellow_delay_s"];

/** One row as text in its fields. */
export type DraftRow = { readonly row: LimitRow } & Readonly<Record<Field, string>>;

/** `spo2:low:red`: the name of one field. */
export function fieldKey(row: Pick<LimitRow, "parameter" | "side">, field: Field): string {
  return `${row.parameter}:${row.side}:${field}`;
}

export function draftOf(rows: readonly LimitRow[]): DraftRow[] {
  const text = (value: number | null): string => (value === null ? "" : String(value));
  return rows.map((row) => ({
    row,
    red: text(row.red),
    yellow: text(row.yellow),
    red_delay_s: text(row.red_delay_s),
    yellow_delay_s: text(row.yellow_delay_s),
  }));
}

/** The draft with one field typed into. */
export function typed(draft: readonly DraftRow[], key: string, text: string): DraftRow[] {
  return draft.map((one) => {
    const field = FIELDS.find((name) => fieldKey(one.row, name) === key);
    return field ? { ...one, [field]: text } : one;
  });
}

/** Empty is no limit; a comma is a decimal point; anything else that is no number is NaN. */
export function parsed(text: string): number | null {
  const plain = text.trim().replace(",", ".");
  if (plain === "" || plain === "–" || plain === "-") return null;
  return /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN;
}

/** The rows a draft stands for; an empty delay counts as none. */
export function rowsOf(draft: readonly DraftRow[]): LimitRow[] {
  return draft.map((one) => ({
    ...one.row,
    red: parsed(one.red),
    yellow: parsed(one.yellow),
    red_delay_s: parsed(one.red_delay_s) ?? 0,
    yellow_delay_s: parsed(one.yellow_delay_s) ?? 0,
  }));
}

type Faults = Map<string, string>;

/** The physically possible range of a vital sign, where the server has told it. */
export type Possible = (name: string) => readonly [number, number] | null;

/** What is wrong, by field; nothing when the limits may be sent. */
export function faultsOf(rows: readonly LimitRow[], vital: (name: string) => Vital, possible: Possible): Faults {
  const faults: Faults = new Map();
  const say = (row: LimitRow, field: Field, text: string): void => {
    const key = fieldKey(row, field);
    if (!faults.has(key)) faults.set(key, text);
  };
  for (const row of rows) {
    checkValues(row, possible(row.parameter), vital(row.parameter), say);
    checkOrder(row, say);
    for (const field of ["red_delay_s", "yellow_delay_s"] as const) {
      const delay = row[field];
      if (!(delay >= 0 && delay <= MAX_DELAY_S)) say(row, field, `0–${MAX_DELAY_S} s`);
    }
  }
  checkCrossing(rows, say);
  return faults;
}

type Say = (row: LimitRow, field: Field, text: string) => void;

function checkValues(row: LimitRow, range: readonly [number, number] | null, vital: Vital, say: Say): void {
  for (const field of ["red", "yellow"] as const) {
    const value = row[field];
    if (value === null) continue;
    if (Number.isNaN(value)) say(row, field, "not a number");
    else if (range && (value < range[0] || value > range[1])) say(row, field, `possible is ${range[0]}–${range[1]}`);
    else if (range && value === range[row.side === "low" ? 0 : 1]) say(row, field, "can never be passed");
  }
  if (row.red === null && ESSENTIAL.has(`${row.parameter}:${row.side}`)) {
    say(row, "red", `${vital.label} needs a red limit; to silence it, switch the alarm off with a reason`);
  } else if (row.red === null && row.yellow === null) {
    say(row, "yellow", "needs red or yellow; to silence it, switch the alarm off with a reason");
  }
}

/** Red must lie outside yellow. */
function checkOrder(row: LimitRow, say: Say): void {
  if (row.red === null || row.yellow === null) return;
  if (row.side === "low" && row.red >= row.yellow) say(row, "red", `must be below yellow ${row.yellow}`);
  if (row.side === "high" && row.red <= row.yellow) say(row, "red", `must be above yellow ${row.yellow}`);
}

function checkCrossing(rows: readonly LimitRow[], say: Say): void {
  for (const low of rows.filter((row) => row.side === "low")) {
    const high = rows.find((row) => row.parameter === low.parameter && row.side === "high");
    if (!high) continue;
    const lowest = innermost(high, Math.min);
    const highest = innermost(low, Math.max);
    if (lowest === null || highest === null || highest < lowest) continue;
    say(low, low.yellow === null ? "red" : "yellow", `low must be below high ${lowest}`);
  }
}

function innermost(row: LimitRow, pick: (...values: number[]) => number): number | null {
  const values = [row.red, row.yellow].filter((value): value is number => value !== null && !Number.isNaN(value));
  return values.length ? pick(...values) : null;
}

export interface Change {
  readonly parameter: string;
  readonly side: Side;
  readonly field: Field;
  readonly old: number | null;
  readonly new: number | null;
}

/** Each setting that would change, in the order of the rows. */
export function changesOf(before: readonly LimitRow[], after: readonly LimitRow[]): Change[] {
  return after.flatMap((row) => {
    const old = before.find((one) => one.parameter === row.parameter && one.side === row.side);
    return FIELDS.filter((field) => matters(row, field) && setting(old, field) !== setting(row, field)).map((field) => ({
      parameter: row.parameter,
      side: row.side,
      field,
      old: setting(old, field),
      new: setting(row, field),
    }));
  });
}

/** The delay of a limit that is not set says nothing. */
function matters(row: LimitRow, field: Field): boolean {
  return field === "red" || field === "yellow" || row[field === "red_delay_s" ? "red" : "yellow"] !== null;
}

/** A delay that was never set is none. */
function setting(row: LimitRow | undefined, field: Field): number | null {
  const value = row?.[field] ?? null;
  return value === null && field.endsWith("delay_s") ? 0 : value;
}

const FIELD_WORDS: Readonly<Record<Field, string>> = {
  red: "red",
  yellow: "yellow",
  red_delay_s: "red delay",
  yellow_delay_s: "yellow delay",
};

/** `SpO2 low, yellow`. */
export function changeName(change: Change, vital: (name: string) => Vital): string {
  return `${vital(change.parameter).label} ${change.side}, ${FIELD_WORDS[change.field]}`;
}

/** `85`, `15 s`, `none`. */
export function changeValue(change: Change, value: number | null): string {
  if (value === null) return "none";
  return change.field.endsWith("delay_s") ? `${value} s` : String(value);
}

/** Whether a change lets an alarm come later or not at all: wider, slower or gone. Such changes are pointed out. */
export function loosens(change: Change): boolean {
  if (change.field.endsWith("delay_s")) return (change.new ?? 0) > (change.old ?? 0);
  if (change.new === null) return true;
  if (change.old === null) return false;
  return change.side === "low" ? change.new < change.old : change.new > change.old;
}

/** Every parameter that can have limits, in the order of the page. */
const ORDER = ["spo2", "heart_rate", "resp_rate", "apnea_duration", "temp_skin", "temp_core", "temp_axillary", "temperature", "abp_mean", "nibp_mean", "pulse_rate", "spo2_pre", "spo2_post"];

/** Parameters in the order of the page, those measured on this baby first; all there can be until the rows are known. */
export function parametersOf(rows: readonly LimitRow[] | undefined, measured: ReadonlySet<string>): string[] {
  const place = (name: string): number => (ORDER.indexOf(name) + 100) % 100;
  const names = [...new Set(rows?.map((row) => row.parameter) ?? ORDER)].sort((a, b) => place(a) - place(b));
  return [...names.filter((name) => measured.has(name)), ...names.filter((name) => !measured.has(name))];
}
