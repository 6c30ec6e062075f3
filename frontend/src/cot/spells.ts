/** A/B/D events as a list and as shaded spans; their words. Pure. */
import type { Spell, Vital } from "../api/types";
import type { Span } from "../charts/spans";

/** What a nurse may say the baby was doing. */
export const STATES = ["asleep", "feeding", "handling", "crying", "stimulated"] as const;

export const KINDS = ["A", "B", "D", "AB", "AD", "BD", "ABD"] as const;

/** The event as a span; one that is still going on ends now. */
export function spanOf(spell: Spell, now: number): Span {
  const from = Date.parse(spell.started_at);
  const to = spell.ended_at === null ? now : Date.parse(spell.ended_at);
  return { id: spell.id, kind: spell.kind, from, to: Math.max(from, to), rejected: spell.review === "rejected" };
}

/** `SpO2 69 · HR 96 · apnea 21 s · feeding`: how deep it was, and what was going on. */
export function nadirText(spell: Spell, vital: (name: string) => Vital): string {
  const parts = Object.entries(spell.nadir).map(([name, value]) =>
    name === "apnea_duration" ? `apnea ${Math.round(value)} s` : `${vital(name).label} ${value.toFixed(vital(name).decimals)}`,
  );
  const apnea = (spell as { apnea_s?: number | null }).apnea_s;
  if (apnea && !("apnea_duration" in spell.nadir)) parts.push(`apnea ${Math.round(apnea)} s`);
  if (spell.state) parts.push(spell.state);
  return parts.join(" · ");
}

/** The same words, of which no value leaves its unit or its name at the end of a line. */
export function unbroken(text: string): string {
  return text.replace(/(?<!·) (?!·)/g, "\u00a0");
}

/** Colour of the kind tag: apnea before bradycardia before desaturation. */
export function kindLook(kind: string): string {
  if (kind.includes("A")) return "rr";
  return kind.includes("B") ? "hr" : "spo2";
}

/** Newest first. */
export function newestFirst(spells: readonly Spell[]): Spell[] {
  return [...spells].sort((a, b) => Date.parse(b.started_at) - Date.parse(a.started_at));
}
