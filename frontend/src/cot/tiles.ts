/** Which number boxes stand on the left, in a fixed order. Pure. */

export interface TilePlan {
  readonly key: string;
  /** Parameters shown in this box; the first decides colour, limits and age. */
  readonly names: readonly string[];
  readonly large: boolean;
}

const ORDER: readonly { key: string; names: readonly string[]; large?: boolean; always?: boolean }[] = [
  { key: "spo2", names: ["spo2"], large: true, always: true },
  { key: "heart_rate", names: ["heart_rate"], large: true, always: true },
  { key: "resp_rate", names: ["resp_rate"], large: true, always: true },
  { key: "pulse_rate", names: ["pulse_rate"] },
  { key: "spo2_pre", names: ["spo2_pre"] },
  { key: "spo2_post", names: ["spo2_post"] },
  { key: "temp_skin", names: ["temp_skin"] },
  { key: "temp_core", names: ["temp_core"] },
  { key: "temp_axillary", names: ["temp_axillary"] },
  { key: "temperature", names: ["temperature"] },
  { key: "abp", names: ["abp_mean", "abp_systolic", "abp_diastolic"] },
  { key: "nibp", names: ["nibp_mean", "nibp_systolic", "nibp_diastolic"] },
  { key: "fio2", names: ["fio2"] },
];

/** Values that are shown elsewhere: in the header, or as part of another box. */
const ELSEWHERE = new Set(["weight", "apnea_duration", ...ORDER.flatMap((tile) => tile.names)]);

/** Boxes for what is measured, or expected and missing; anything not known above comes last under its own name. */
export function tiles(present: readonly string[], missing: readonly string[]): TilePlan[] {
  const known = new Set([...present, ...missing]);
  const fixed = ORDER.filter((tile) => tile.always || tile.names.some((name) => known.has(name)));
  const others = [...known].filter((name) => !ELSEWHERE.has(name)).sort();
  return [
    ...fixed.map(({ key, names, large }) => ({ key, names, large: large === true && (names.some((name) => known.has(name)) || known.size === 0) })),
    ...others.map((name) => ({ key: name, names: [name], large: false })),
  ];
}

/** An intermittent value older than this carries an asterisk. */
export const OLD_MS = 600_000;
