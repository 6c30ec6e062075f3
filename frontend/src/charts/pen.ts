/** A canvas with the scales of one chart: painters speak of instants and values, never of pixels. */
import type { Panel } from "./panel";
import type { Palette } from "./palette";
import type { Range } from "./view";

export const MARGIN_RIGHT = 14;

/** Width of the axis with the chart's name, for a size of type: the same for every chart, so that one cursor fits all. */
export function axisWidth(type: number): number {
  return Math.round(type * 6.6);
}

export interface Pen {
  readonly ctx: CanvasRenderingContext2D;
  readonly panel: Panel;
  readonly palette: Palette;
  readonly range: Range;
  /** Where the plot lies, CSS pixels. */
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
  /** Size of small type, CSS pixels. */
  readonly type: number;
  /** Thickness of a hairline: grows with the type, so that a wall seen from afar keeps its lines. */
  readonly scale: number;
  x(at: number): number;
  y(value: number): number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
  readonly type: number;
}

/** Clears a canvas at the resolution of the screen and hands out a pen for it. */
export function penFor(canvas: HTMLCanvasElement, panel: Panel, range: Range, palette: Palette, size: Size): Pen {
  const ratio = globalThis.devicePixelRatio || 1;
  const [wide, tall] = [Math.round(size.width * ratio), Math.round(size.height * ratio)];
  if (canvas.width !== wide || canvas.height !== tall) {
    canvas.width = wide;
    canvas.height = tall;
  }
  const ctx = canvas.getContext("2d")!;
  ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
  ctx.clearRect(0, 0, size.width, size.height);
  ctx.font = `${size.type}px ${palette.font}`;
  const [left, right] = [axisWidth(size.type), size.width - MARGIN_RIGHT];
  const margin = size.type * 0.75;
  const [top, bottom] = [margin, size.height - margin];
  const [low, high] = panel.range;
  const perMs = (right - left) / (range.to - range.from || 1);
  const perUnit = (bottom - top) / (high - low || 1);
  return {
    ctx, panel, palette, range, left, right, top, bottom, type: size.type,
    scale: size.type / 11,
    x: (at) => left + (at - range.from) * perMs,
    y: (value) => bottom - (value - low) * perUnit,
  };
}
