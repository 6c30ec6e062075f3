/** What this unit calls its vital signs: from GET /api/unit, with defaults for what a tile shows until that has answered. */
import { signal } from "@preact/signals";
import { get } from "../api/client";
import type { Colour, Unit, Vital } from "../api/types";

const vital = (name: string, label: string, unit: string, decimals: number, colour: Colour, intermittent = false): Vital => ({
  name, label, unit, decimals, colour, intermittent,
});

const DEFAULTS: readonly Vital[] = [
  vital("spo2", "SpO2", "%", 0, "spo2"),
  vital("heart_rate", "HR", "/min", 0, "hr"),
  vital("resp_rate", "RR", "/min", 0, "rr"),
  vital("temp_skin", "T skin", "°C", 1, "temp"),
  vital("abp_mean", "MAP", "mmHg", 0, "bp"),
  vital("fio2", "FiO2", "%", 0, "fio2", true),
];

export const unit = signal<Unit | null>(null);

/** Ask the server who and what this unit is; a failure leaves the defaults. */
export async function loadUnit(): Promise<void> {
  unit.value = await get<Unit>("/api/unit").catch(() => unit.peek());
}

/** The vital sign of a name; an unknown one is shown under its own name. */
export function vitalOf(name: string): Vital {
  return (
    unit.value?.vitals.find((known) => known.name === name) ??
    DEFAULTS.find((known) => known.name === name) ??
    vital(name, name.replaceAll("_", " "), "", 0, "other")
  );
}

/** May the person at this screen do this? Unknown until the unit has answered: then the server decides. */
export function may(what: string): boolean {
  return unit.value?.user?.may.includes(what) ?? true;
}
