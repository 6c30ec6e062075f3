/** What stands behind and on top of the lines: limits, hatched gaps with their reason, single readings. Canvas pixels. */
import uPlot from "uplot";
import { lonely } from "./buckets";
import { visible } from "./gaps";
import type { Panel } from "./panel";
import { faded, type Palette } from "./palette";

/** The band between the yellow limits, its edges dashed, red limits beyond it dotted. */
export function paintLimits(u: uPlot, panel: Panel, palette: Palette): void {
  const { ctx, bbox } = u;
  const [low, high] = panel.range;
  const y = (value: number): number => Math.round(u.valToPos(value, "y", true));
  const top = y(panel.lines.yellowHigh ?? high);
  const bottom = y(panel.lines.yellowLow ?? low);
  ctx.save();
  ctx.fillStyle = faded(palette.text, 0.03);
  ctx.fillRect(bbox.left, top, bbox.width, bottom - top);
  ctx.lineWidth = uPlot.pxRatio;
  const { redLow, yellowLow, yellowHigh, redHigh } = panel.lines;
  rule(u, [yellowLow, yellowHigh], palette.faint, [4, 5], y);
  rule(u, [redLow, redHigh], faded(palette.high, 0.6), [1.5, 4], y);
  ctx.restore();
}

function rule(u: uPlot, values: (number | undefined)[], colour: string, dash: number[], y: (v: number) => number): void {
  const { ctx, bbox } = u;
  ctx.strokeStyle = colour;
  ctx.setLineDash(dash.map((part) => part * uPlot.pxRatio));
  ctx.beginPath();
  for (const value of values) {
    if (value === undefined) continue;
    const at = y(value) + 0.5;
    if (at < bbox.top || at > bbox.top + bbox.height) continue;
    ctx.moveTo(bbox.left, at);
    ctx.lineTo(bbox.left + bbox.width, at);
  }
  ctx.stroke();
}

/** Hatches every gap of at least two pixels and writes its reason where there is room. */
export function paintGaps(u: uPlot, panel: Panel, palette: Palette): void {
  const { ctx, bbox } = u;
  const { min, max } = u.scales["x"]!;
  if (min == null || max == null) return;
  const ratio = uPlot.pxRatio;
  const least = ((max - min) / Math.max(1, bbox.width)) * 2 * ratio;
  ctx.save();
  ctx.font = `${11 * ratio}px ${palette.font}`;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const [from, to, reason] of visible(panel.gaps, min, max, least)) {
    const left = u.valToPos(from, "x", true);
    const width = u.valToPos(to, "x", true) - left;
    ctx.fillStyle = hatch(ctx, palette.line, ratio);
    ctx.fillRect(left, bbox.top, width, bbox.height);
    if (ctx.measureText(reason).width > width - 8 * ratio) continue;
    ctx.fillStyle = palette.muted;
    ctx.fillText(reason, left + width / 2, bbox.top + 6 * ratio);
  }
  ctx.restore();
}

let tile: { colour: string; ratio: number; pattern: CanvasPattern | string } | null = null;

function hatch(ctx: CanvasRenderingContext2D, colour: string, ratio: number): CanvasPattern | string {
  if (tile?.colour === colour && tile.ratio === ratio) return tile.pattern;
  const size = Math.round(7 * ratio);
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const pen = canvas.getContext("2d")!;
  pen.strokeStyle = colour;
  pen.lineWidth = 1.3 * ratio;
  pen.beginPath();
  for (const shift of [-size, 0, size]) {
    pen.moveTo(shift, size);
    pen.lineTo(shift + size, 0);
  }
  pen.stroke();
  tile = { colour, ratio, pattern: ctx.createPattern(canvas, "repeat") ?? colour };
  return tile.pattern;
}

/** Readings without a neighbour, which no line shows: a dot, with a bar from low to high. */
export function paintSingles(u: uPlot, panel: Panel, palette: Palette): void {
  const { ctx } = u;
  const { t, mean, low, high } = panel.shape;
  const ratio = uPlot.pxRatio;
  const colour = palette.vital(panel.colour);
  ctx.save();
  ctx.beginPath();
  ctx.rect(u.bbox.left, u.bbox.top - 4 * ratio, u.bbox.width + 4 * ratio, u.bbox.height + 8 * ratio);
  ctx.clip();
  ctx.fillStyle = colour;
  ctx.strokeStyle = faded(colour, 0.55);
  ctx.lineWidth = 3 * ratio;
  for (const i of lonely(mean)) {
    const x = u.valToPos(t[i]!, "x", true);
    const y = (value: number): number => u.valToPos(value, "y", true);
    ctx.beginPath();
    ctx.moveTo(x, y(high[i]!));
    ctx.lineTo(x, y(low[i]!));
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, y(mean[i]!), 2.6 * ratio, 0, 2 * Math.PI);
    ctx.fill();
  }
  ctx.restore();
}
