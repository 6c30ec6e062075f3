/** Draws a strip on a canvas: SpO2 above, heart rate below, gaps left open. */
import type { Strip } from "./spark-store";

export interface StripColours {
  readonly spo2: string;
  readonly heart: string;
  readonly target: string;
}

const SPO2_SCALE = [70, 100] as const;
const HEART_SCALE = [60, 220] as const;

/** Draw into `width` × `height` device pixels; `target` is the lower edge of the unit's SpO2 target. */
export function drawStrip(
  pen: CanvasRenderingContext2D,
  strip: Strip,
  width: number,
  height: number,
  scale: number,
  colours: StripColours,
  target: number | null,
): void {
  pen.clearRect(0, 0, width, height);
  const middle = height * 0.56;
  if (target !== null) {
    const y = Math.round(place(target, SPO2_SCALE, scale, middle)) + 0.5;
    pen.strokeStyle = colours.target;
    pen.lineWidth = scale;
    pen.setLineDash([2 * scale, 4 * scale]);
    pen.beginPath();
    pen.moveTo(0, y);
    pen.lineTo(width, y);
    pen.stroke();
    pen.setLineDash([]);
  }
  line(pen, strip.heart, HEART_SCALE, width, middle, height - scale, colours.heart, 1.25 * scale);
  line(pen, strip.spo2, SPO2_SCALE, width, scale, middle, colours.spo2, 1.5 * scale);
}

function place(value: number, [low, high]: readonly [number, number], top: number, bottom: number): number {
  return bottom - ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * (bottom - top);
}

function line(
  pen: CanvasRenderingContext2D,
  values: readonly (number | null)[],
  scale: readonly [number, number],
  width: number,
  top: number,
  bottom: number,
  colour: string,
  thickness: number,
): void {
  const pace = width / values.length;
  let down = false;
  pen.strokeStyle = colour;
  pen.lineWidth = thickness;
  pen.lineJoin = "round";
  pen.beginPath();
  values.forEach((value, index) => {
    if (value === null) {
      down = false;
      return;
    }
    const x = (index + 0.5) * pace;
    const y = place(value, scale, top, bottom);
    if (down) pen.lineTo(x, y);
    else pen.moveTo(x, y);
    // A single step between two gaps is still seen.
    if (!down) pen.lineTo(x + 0.01, y);
    down = true;
  });
  pen.stroke();
}
