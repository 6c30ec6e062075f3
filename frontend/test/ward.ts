/** A small ward for tests: snapshots, cots and alarms with only what a test says. */
import type { Alarm, Baby, Cot, Snapshot } from "../src/api/types";

export const NIGHT = Date.UTC(2024, 0, 1, 3, 12);

export function alarm(said: Partial<Alarm> = {}): Alarm {
  return {
    id: 1, cot_id: 3, key: "spo2:low", kind: "limit", parameter: "spo2", priority: "high", presence: "on", mark: "***",
    text: "SpO2 71 < 80", value: 71, limit: 80, comparison: "<", delay_s: 10, profile: "26–36 wk v3", since: NIGHT,
    announced_at: NIGHT, extreme: 69, sounding: true, escalated: false, acknowledged_by: null, held: false, ...said,
  };
}

export const eva: Baby = {
  patient_id: 12, name: "Lindqvist, Baby of Eva", short: "Lindqvist", initials: "EL", sex: "female", pma: "42+1", day_of_life: 47, ga: "35+3",
};

export function cot(id: number, said: Partial<Cot> = {}): Cot {
  return {
    id, label: `NICU-${String(id).padStart(2, "0")}`, position: id, baby: eva, origin: "device", source: "gateway", last_at: NIGHT,
    values: { heart_rate: 151, spo2: 94 }, missing: {}, measured_at: {},
    flags: { audio_paused_until: null, alarms_paused_until: null, off: [] }, alarms: [], event_free: null, in_target: 96, ...said,
  };
}

export function snapshot(seq: number, cots: readonly Cot[], said: Partial<Snapshot> = {}): Snapshot {
  return {
    seq, at: NIGHT + seq * 1000, unit: { id: 1, name: "NICU North" }, mode: "live", store: { state: "ok", since: null, spooled: 0 },
    audible: { displays: 1 }, alarms: [], cots, ...said,
  };
}
