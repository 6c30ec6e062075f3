/** How this baby's SpO2 was spread over the last hours, with what could not be counted. */
import { useSignal } from "@preact/signals";
import type { Histogram as Data } from "../api/types";
import { unit } from "../live/vitals";
import { ErrorState } from "../parts/parts";
import { useLoad } from "../parts/load";
import { type Bar, bars, percent, shareBelow } from "./bins";

const HOURS = [4, 8, 12, 24];
const WIDTH = 344;
/** In a low window the events below need the room. */
const LOW = matchMedia("(max-height: 760px) and (min-width: 1101px)");

interface Props {
  patientId: number;
  redLow: number | undefined;
}

export function Histogram({ patientId, redLow }: Props) {
  const hours = useSignal(12);
  const { data, error, again } = useLoad<Data>(`/api/patients/${patientId}/histogram?hours=${hours.value}&parameter=spo2`, 60_000);
  const [low, high] = unit.value?.targets["spo2"] ?? [90, 95];
  const red = redLow ?? 80;
  return (
    <section class="panel histogram" aria-label="SpO2 histogram">
      <h2>
        SpO2
        <span class="cot-switch" role="group" aria-label="Hours">
          {HOURS.map((one) => (
            <button key={one} type="button" aria-pressed={one === hours.value} onClick={() => (hours.value = one)}>
              {one} h
            </button>
          ))}
        </span>
      </h2>
      {error && !data ? <ErrorState error={error} retry={again} /> : <Chart shown={bars(data?.bins ?? [])} target={[low, high]} red={red} />}
      <p class="histogram-facts">
        <span>
          in {low}–{high}: <b>{percent(data?.in_target_percent ?? null)} %</b>
        </span>
        <span>
          below {red}: <b>{data ? percent(shareBelow(data.bins, red)) : "–"} %</b>
        </span>
        <span>
          valid: <b>{percent(data?.valid_percent ?? null)} %</b>
          {data?.artefact_percent ? `, artefact ${percent(data.artefact_percent)} %` : ""}
        </span>
      </p>
    </section>
  );
}

function Chart({ shown, target, red }: { shown: readonly Bar[]; target: readonly [number, number]; red: number }) {
  const top = Math.max(20, ...shown.map((bar) => bar.percent));
  const step = WIDTH / shown.length;
  const full = LOW.matches ? 72 : 104;
  const base = full - 18;
  return (
    <svg viewBox={`0 0 ${WIDTH} ${full}`} role="img" aria-label={shown.map((bar) => `${bar.label}: ${percent(bar.percent)} %`).join(", ")}>
      {shown.map((bar, i) => {
        const height = (bar.percent / top) * (base - 16);
        const middle = i * step + step / 2;
        return (
          <g key={bar.label} class={kind(bar, target, red)}>
            <rect x={i * step + 3} y={base - height} width={step - 6} height={height} rx="2.5" />
            {bar.percent >= 0.05 && (
              <text x={middle} y={base - height - 4}>
                {percent(bar.percent)}
              </text>
            )}
            <text class="bin" x={middle} y={full - 4}>
              {bar.label}
            </text>
          </g>
        );
      })}
    </svg>
  );
}

function kind(bar: Bar, [low, high]: readonly [number, number], red: number): string {
  if (bar.high <= red) return "deep";
  return bar.low >= low && bar.high <= high ? "target" : "";
}
