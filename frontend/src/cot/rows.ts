/** Which charts a baby gets, and how fetched and live data become them. Pure. */
import type { LimitRow, Missing, Trends, Vital } from "../api/types";
import { type Buckets, drawn, extremes, type Point, pressure, withLive } from "../charts/buckets";
import { endedBy, type Gap, withOpenGap } from "../charts/gaps";
import { type Lines, type Panel, values } from "../charts/panel";
import { axisRange } from "../charts/scale";
import type { Range } from "../charts/view";

interface RowPlan {
  readonly key: string;
  /** The first of these with data is drawn. */
  readonly from: readonly string[];
  readonly weight: number;
  /** Systolic and diastolic that go with a mean pressure. */
  readonly around?: readonly [string, string];
  /** Shown even before anything was measured. */
  readonly always?: boolean;
}

const PLANS: readonly RowPlan[] = [
  { key: "spo2", from: ["spo2", "spo2_pre", "spo2_post"], weight: 32, always: true },
  { key: "heart_rate", from: ["heart_rate", "pulse_rate"], weight: 28, always: true },
  { key: "resp_rate", from: ["resp_rate"], weight: 19, always: true },
  { key: "temperature", from: ["temp_skin", "temp_core", "temperature", "temp_axillary"], weight: 11 },
  { key: "abp", from: ["abp_mean"], around: ["abp_systolic", "abp_diastolic"], weight: 14 },
  { key: "nibp", from: ["nibp_mean"], around: ["nibp_systolic", "nibp_diastolic"], weight: 13 },
  { key: "fio2", from: ["fio2"], weight: 10 },
  { key: "etco2", from: ["etco2", "tcpco2"], weight: 10 },
];

const UNMEASURED_WEIGHT = 7;

const OXYCRG = new Set(["spo2", "heart_rate", "resp_rate"]);

/** Every parameter the charts may ask for. */
export const CHARTED: readonly string[] = PLANS.flatMap((plan) => [...plan.from, ...(plan.around ?? [])]);

export interface Sources {
  readonly trends: Trends | null;
  readonly points: ReadonlyMap<string, readonly Point[]>;
  readonly missing: Readonly<Record<string, Missing>>;
  readonly limits: readonly LimitRow[];
  readonly vital: (name: string) => Vital;
  readonly now: number;
  /** Whether the window ends at the present, so that live points belong to it. */
  readonly live: boolean;
}

/** The charts of a window, top to bottom. */
export function panels(sources: Sources, range: Range, oxycrg: boolean): Panel[] {
  return PLANS.filter((plan) => !oxycrg || OXYCRG.has(plan.key)).flatMap((plan) => {
    const name = plan.from.find((one) => hasData(sources, one)) ?? plan.from.find((one) => one in sources.missing);
    if (name === undefined && !plan.always) return [];
    // A chart of nothing keeps its place, not its size.
    const weight = name === undefined && sources.points.size > 0 ? UNMEASURED_WEIGHT : plan.weight;
    return [panel(sources, { ...plan, weight }, name ?? plan.from[0]!, range)];
  });
}

function hasData({ trends, points, live }: Sources, name: string): boolean {
  return (trends?.parameters[name]?.mean.some((value) => value !== null) ?? false) || (live && (points.get(name)?.length ?? 0) > 0);
}

function panel(sources: Sources, plan: RowPlan, name: string, range: Range): Panel {
  const vital = sources.vital(name);
  const step = sources.trends?.step_ms ?? 1000;
  const buckets = (one: string): Buckets => withLive(sources.trends?.parameters[one], sources.live ? (sources.points.get(one) ?? []) : [], step);
  const mean = buckets(name);
  const whole = plan.around ? pressure(mean, buckets(plan.around[0]), buckets(plan.around[1])) : mean;
  const shape = drawn(whole, step, vital.intermittent && plan.around !== undefined);
  const lines = linesOf(sources.limits, name);
  return {
    key: plan.key,
    label: shortLabel(vital.label, plan.key),
    unit: vital.unit,
    decimals: vital.decimals,
    colour: vital.colour,
    shape,
    // Between two cuff readings nothing is missing.
    gaps: vital.intermittent ? [] : gapsOf(sources, name, range),
    lines,
    range: axisRange(vital.colour, extremes(shape, range.from, range.to), values(lines)),
    weight: plan.weight,
  };
}

function shortLabel(label: string, key: string): string {
  return key === "abp" ? "ABP" : key === "nibp" ? "NIBP" : label;
}

function gapsOf({ trends, points, missing, now, live }: Sources, name: string, range: Range): Gap[] {
  const stored = endedBy(trends?.gaps[name] ?? [], live ? (points.get(name) ?? []) : []);
  return withOpenGap(stored, live ? missing[name] : undefined, Math.min(now, range.to));
}

/** The limit lines of one parameter. */
export function linesOf(limits: readonly LimitRow[], name: string): Lines {
  const side = (which: "low" | "high"): LimitRow | undefined => limits.find((row) => row.parameter === name && row.side === which);
  const [low, high] = [side("low"), side("high")];
  return {
    ...(low?.yellow == null ? {} : { yellowLow: low.yellow }),
    ...(low?.red == null ? {} : { redLow: low.red }),
    ...(high?.yellow == null ? {} : { yellowHigh: high.yellow }),
    ...(high?.red == null ? {} : { redHigh: high.red }),
  };
}

/** Whether anything at all is drawn inside the window. */
export function anything(shown: readonly Panel[], range: Range): boolean {
  return shown.some(({ shape }) => extremes(shape, range.from, range.to) !== null);
}
