/** The stretch around one event as charts: every reading as it was received. Pure. */
import type { LimitRow, Snippet, Vital } from "../api/types";
import { drawn, extremes } from "../charts/buckets";
import { type Panel, values } from "../charts/panel";
import { axisRange } from "../charts/scale";
import { linesOf } from "./rows";

const ORDER = ["spo2", "heart_rate", "pulse_rate", "resp_rate", "abp_mean", "apnea_duration"];

/** Charts of a snippet, in the order of the page; a parameter without any value is left out. */
export function snippetPanels(snippet: Snippet, limits: readonly LimitRow[], vital: (name: string) => Vital): Panel[] {
  const place = (name: string): number => (ORDER.indexOf(name) + 100) % 100;
  return Object.entries(snippet.series)
    .filter(([name, series]) => ORDER.includes(name) && series.v.some((value) => value !== null))
    .sort(([a], [b]) => place(a) - place(b))
    .map(([name, { t, v }]) => {
      const known = vital(name);
      const shape = drawn({ t, min: v, max: v, mean: v }, 1000);
      const lines = linesOf(limits, name);
      return {
        key: name,
        label: known.label,
        unit: known.unit,
        decimals: known.decimals,
        colour: known.colour,
        shape,
        gaps: [],
        lines,
        range: axisRange(known.colour, extremes(shape, snippet.from, snippet.to), values(lines)),
        weight: 1,
      };
    });
}
