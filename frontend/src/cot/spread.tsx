/** This baby's own values beside the limits: p1–p99 as a line, p5–p95 thick, the median marked, limits as ticks. */
import type { Limits } from "../api/types";
import type { Lines } from "../charts/panel";
import { values } from "../charts/panel";

type Distribution = Limits["distribution"][string];

const WIDTH = 150;
const HEIGHT = 26;

export function Spread({ of, lines, colour }: { of: Distribution | undefined; lines: Lines; colour: string }) {
  const all = [...values(lines), ...(of ? [of.p1, of.p99] : [])].filter((value) => !Number.isNaN(value));
  if (!of || all.length === 0) return <span class="faint spread-none">no readings yet</span>;
  const low = Math.min(...all);
  const span = Math.max(...all) - low || 1;
  const x = (value: number): number => 6 + ((value - low) / span) * (WIDTH - 12);
  const middle = HEIGHT / 2;
  return (
    <svg class="spread" viewBox={`0 0 ${WIDTH} ${HEIGHT}`} width={WIDTH} role="img" aria-label={`This baby: 1 % below ${of.p1}, median ${of.p50}, 1 % above ${of.p99}`}>
      <g style={{ color: `var(--${colour})` }}>
        <rect x={x(of.p1)} y={middle - 1} width={x(of.p99) - x(of.p1)} height="2" fill="currentColor" opacity="0.55" />
        <rect x={x(of.p5)} y={middle - 4} width={x(of.p95) - x(of.p5)} height="8" rx="2" fill="currentColor" opacity="0.45" />
        <rect x={x(of.p50) - 1} y={middle - 6} width="2" height="12" fill="currentColor" />
      </g>
      {([["red", lines.redLow], ["yellow", lines.yellowLow], ["yellow", lines.yellowHigh], ["red", lines.redHigh]] as const).map(
        ([look, value], i) => value !== undefined && !Number.isNaN(value) && <rect key={i} class={`spread-${look}`} x={x(value) - 1} y="2" width="2" height={HEIGHT - 4} />,
      )}
    </svg>
  );
}
