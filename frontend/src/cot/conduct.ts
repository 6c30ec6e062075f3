/** The words of an alarm line: what it is, why it sounded, and what holds of it now. Pure. */
import type { Alarm, AlarmsOff, Vital } from "../api/types";
import { inOneCot } from "../live/urgency";

/** Worst first; what nobody has acknowledged before what somebody has, within a priority. */
export function stacked(alarms: readonly Alarm[]): Alarm[] {
  return [...alarms].sort(inOneCot);
}

const SIDES: Readonly<Record<string, string>> = { "<": "below", "≤": "at or below", ">": "above", "≥": "at or above" };

/** `below 80 for 10 s (profile 26–36 wk v3) · lowest 69`: the rule that was broken, with its source. */
export function why(alarm: Alarm, vital: (name: string) => Vital): string {
  const parts: string[] = [];
  const decimals = alarm.parameter ? vital(alarm.parameter).decimals : 0;
  if (alarm.limit !== null && alarm.comparison !== null) {
    const side = SIDES[alarm.comparison] ?? alarm.comparison;
    const delay = alarm.delay_s ? ` for ${alarm.delay_s} s` : ", no delay";
    const profile = alarm.profile ? ` (profile ${alarm.profile})` : "";
    parts.push(`${side} ${alarm.limit.toFixed(decimals)}${delay}${profile}`);
  }
  if (alarm.extreme !== null) parts.push(`${/[>≥]/.test(alarm.comparison ?? "") ? "highest" : "lowest"} ${alarm.extreme.toFixed(decimals)}`);
  if (alarm.kind === "device") parts.push("sent by the bedside device");
  return parts.join(" · ");
}

/** What holds of an alarm apart from its text: a word or two, and what they mean. */
export function conditions(alarm: Alarm): (readonly [text: string, meaning: string])[] {
  const out: (readonly [string, string])[] = [];
  if (alarm.escalated) out.push(["escalated", "Nobody acknowledged it in time"]);
  if (alarm.presence === "latched") out.push(["ended", "The condition is over; this stays until it is acknowledged"]);
  if (alarm.presence === "ack") out.push([`✓ ${alarm.acknowledged_by ?? "acknowledged"}`, "Acknowledged; this stays while the condition lasts"]);
  if (alarm.held) out.push(["signal absent", "The alarm can be neither confirmed nor cleared"]);
  return out;
}

/** `SpO2 high`, `all alarms`: what has been switched off. */
export function scopeText(scope: string, vital: (name: string) => Vital): string {
  if (scope === "all") return "all alarms";
  const [name, side] = scope.split(":");
  return `${vital(name ?? "").label} ${side ?? ""}`.trim();
}

/** Whether this limit, or everything, is switched off. */
export function offFor(off: readonly AlarmsOff[], parameter: string): AlarmsOff[] {
  return off.filter((one) => one.scope === "all" || one.scope.split(":")[0] === parameter);
}
