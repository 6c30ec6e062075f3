/** What a tile says: pure functions from the state of a cot to its words. */
import type { Alarm, Baby, Missing } from "../api/types";
import { unacknowledged, worst } from "../live/urgency";
import type { Names } from "../preferences";

/** FiO2 of room air, %. */
const ROOM_AIR = 21;

/** An intermittent value older than this carries an asterisk. */
export const OLD_AFTER_MS = 600_000;

/** Values that no device measured on a baby just now, and what marks them. */
export const ORIGINS: Readonly<Record<string, string>> = { simulated: "SIM", replayed: "REPLAY", import: "IMPORT", manual: "BY HAND" };

/** Parameters that may stand in one small place, the better first. */
export const SMALL_PLACES: readonly (readonly string[])[] = [
  ["resp_rate"],
  ["temp_skin", "temperature", "temp_core", "temp_axillary"],
  ["abp_mean", "nibp_mean"],
  ["fio2"],
];

/** The parameter to show in a place: one with a value, else one that is expected, else none. */
export function chosen(place: readonly string[], present: readonly string[], missing: Readonly<Record<string, Missing>>): string | null {
  return place.find((name) => present.includes(name)) ?? place.find((name) => name in missing) ?? null;
}

/** Name of a baby as this screen may show it. */
export function shownName(baby: Baby | null, names: Names): string {
  if (!baby || names === "none") return "";
  return names === "initials" ? baby.initials : baby.short || baby.name;
}

/** `42+1 · d47`: postmenstrual age and day of life, as far as known. */
export function ages(baby: Baby | null): string {
  if (!baby) return "";
  const day = baby.day_of_life === null ? "" : `d${baby.day_of_life}`;
  return [baby.pma ?? "", day].filter(Boolean).join(" · ");
}

/** How a tile looks: which alarm owns it and how loud that is. */
export type TileLook = "calm" | "high" | "medium" | "low" | "latched" | "acknowledged" | "held";

export function lookOf(alarms: readonly Alarm[]): TileLook {
  const owner = worst(alarms);
  if (!owner) return "calm";
  if (owner.presence === "ack") return "acknowledged";
  if (owner.held) return "held";
  if (owner.presence === "latched") return "latched";
  return owner.priority;
}

const REASON_WORDS: Readonly<Record<string, string>> = { lost: "signal lost", stale: "no new value" };

/** Why a value is absent, in the words of the ward. */
export function reasonWords(reason: string): string {
  return REASON_WORDS[reason] ?? reason;
}

/** The alarm line: mark and text of the owning alarm, how many more there are, and what can be acknowledged. */
export interface AlarmLine {
  readonly alarm: Alarm;
  readonly text: string;
  /** Why it is not simply on: `ended`, or what keeps it from being judged. */
  readonly state: string;
  readonly more: number;
  readonly acknowledge: Alarm | null;
}

export function alarmLine(alarms: readonly Alarm[], missing: Readonly<Record<string, Missing>>): AlarmLine | null {
  const alarm = worst(alarms);
  if (!alarm) return null;
  const absent = reasonWords(missing[alarm.parameter ?? ""]?.[0] ?? "no signal");
  const state = alarm.presence === "latched" ? "ended" : alarm.held ? absent : "";
  return { alarm, text: `${alarm.mark} ${alarm.text}`, state, more: alarms.length - 1, acknowledge: unacknowledged(alarms) };
}

/** The reason why a dominant value is absent, when no alarm says so: `SpO2 probe off`. */
export function missingLine(missing: Readonly<Record<string, Missing>>): { readonly text: string; readonly since: number | null } | null {
  const spo2 = missing["spo2"];
  const heart = missing["heart_rate"];
  const first = spo2 ?? heart;
  if (!first) return null;
  const which = spo2 && heart && spo2[0] === heart[0] ? "" : spo2 ? "SpO2 " : "HR ";
  const text = which + reasonWords(first[0]);
  return { text: text.charAt(0).toUpperCase() + text.slice(1), since: first[1] };
}

const MEASURED_BY: Readonly<Record<string, string>> = { apnea_duration: "resp_rate" };

/** How a number stands out: the classes of the worst alarm about its parameter, or nothing. */
export function emphasis(alarms: readonly Alarm[], parameter: string): string {
  const about = alarms.filter((alarm) => {
    const measured = alarm.parameter === null ? "" : (MEASURED_BY[alarm.parameter] ?? alarm.parameter);
    return alarm.kind !== "technical" && alarm.presence !== "latched" && !alarm.held && measured === parameter;
  });
  const owner = worst(about);
  if (!owner) return "";
  return `inverse ${owner.priority} ${owner.presence === "ack" ? "acknowledged" : ""}`;
}

/** `96 % in target`; nothing in room air, where the upper end of the target does not hold. */
export function targetWords(share: number | null, fio2: number | null): string {
  return share === null || (fio2 !== null && fio2 <= ROOM_AIR) ? "" : `${Math.round(share)} % in target`;
}

/** Days without event as `6 d without event`; `event today` on the first. */
export function eventFreeWords(days: number, lastKind: string | null): string {
  if (days > 0) return `${days} d without event`;
  return lastKind ? `${lastKind} within 24 h` : "< 1 d without event";
}
