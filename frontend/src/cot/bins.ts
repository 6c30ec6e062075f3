/** The SpO2 histogram as bars: 5 % bins, everything below 65 in one. Pure. */

export interface Bin {
  readonly low: number;
  readonly high: number;
  readonly percent: number;
}

export interface Bar {
  readonly label: string;
  readonly low: number;
  readonly high: number;
  readonly percent: number;
}

const FLOOR = 65;

/** Nine bars from `<65` to `100`, also where nothing was measured. */
export function bars(bins: readonly Bin[]): Bar[] {
  const out: Bar[] = [{ label: `<${FLOOR}`, low: 0, high: FLOOR, percent: sum(bins.filter((bin) => bin.low < FLOOR)) }];
  for (let low = FLOOR; low < 100; low += 5) {
    const inside = bins.filter((bin) => bin.low >= low && bin.low < low + 5);
    out.push({ label: String(low), low, high: low + 5, percent: sum(inside) });
  }
  const full = sum(bins.filter((bin) => bin.low >= 100));
  if (full > 0) out.push({ label: "100", low: 100, high: 100, percent: full });
  return out;
}

function sum(bins: readonly Bin[]): number {
  return bins.reduce((total, bin) => total + bin.percent, 0);
}

/** Share of all bins that end at or below a value. */
export function shareBelow(bins: readonly Bin[], value: number): number {
  return sum(bins.filter((bin) => bin.high <= value));
}

/** `61`, `1.4`, `0.2`: one decimal only where it tells something. */
export function percent(value: number | null): string {
  if (value === null) return "–";
  return value >= 9.95 || value === 0 ? value.toFixed(0) : value.toFixed(1);
}
