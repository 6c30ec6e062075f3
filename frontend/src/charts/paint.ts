/** The layers of one chart, back to front: limits, hatched gaps, envelope, mean, single readings, axis. */
import { BRIDGE_MS, firstAfter, lonely } from "./buckets";
import { visible } from "./gaps";
import { marked } from "./panel";
import { faded } from "./palette";
import type { Pen } from "./pen";
import { axisMarks } from "./scale";

/** Draws everything of a chart. */
export function paint(pen: Pen): void {
  paintLimits(pen);
  paintGaps(pen);
  clipped(pen, () => {
    paintEnvelope(pen);
    paintMean(pen);
    paintSingles(pen);
    paintLatest(pen);
  });
  paintAxis(pen);
}

function clipped({ ctx, left, right, top, bottom }: Pen, draw: () => void): void {
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top - 4, right - left + 4, bottom - top + 8);
  ctx.clip();
  draw();
  ctx.restore();
}

/** The band between the yellow limits, its edges dashed, red limits beyond it dotted. */
function paintLimits(pen: Pen): void {
  const { ctx, panel, palette, left, right, top, bottom } = pen;
  const { redLow, yellowLow, yellowHigh, redHigh } = panel.lines;
  const upper = yellowHigh === undefined ? top : pen.y(yellowHigh);
  const lower = yellowLow === undefined ? bottom : pen.y(yellowLow);
  ctx.fillStyle = faded(palette.text, 0.03);
  ctx.fillRect(left, upper, right - left, lower - upper);
  rules(pen, [yellowLow, yellowHigh], palette.faint, [4, 5]);
  rules(pen, [redLow, redHigh], faded(palette.high, 0.9), [1.5, 4]);
}

function rules(pen: Pen, values: (number | undefined)[], colour: string, dash: number[]): void {
  const { ctx, left, right, scale } = pen;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.lineWidth = scale;
  ctx.setLineDash(dash.map((part) => part * scale));
  ctx.beginPath();
  for (const value of values) {
    if (value === undefined) continue;
    const y = Math.round(pen.y(value)) + 0.5;
    ctx.moveTo(left, y);
    ctx.lineTo(right, y);
  }
  ctx.stroke();
  ctx.restore();
}

/** Hatches every gap of at least two pixels and writes its reason where there is room. */
function paintGaps(pen: Pen): void {
  const { ctx, panel, palette, range, left, right, top, bottom } = pen;
  const least = ((range.to - range.from) / Math.max(1, right - left)) * 2;
  ctx.textAlign = "center";
  ctx.textBaseline = "top";
  for (const [from, to, reason] of visible(panel.gaps, range.from, range.to, least)) {
    const x = pen.x(from);
    const width = pen.x(to) - x;
    ctx.fillStyle = hatch(ctx, palette.line, pen.scale);
    ctx.fillRect(x, top, width, bottom - top);
    if (ctx.measureText(reason).width > width - 8) continue;
    written(pen, reason, x + width / 2, top + 5);
  }
}

/** Words over lines and hatching, on the ground of the chart. */
function written({ ctx, palette, type }: Pen, text: string, x: number, y: number): void {
  const half = ctx.measureText(text).width / 2 + type * 0.4;
  ctx.fillStyle = palette.panel;
  ctx.fillRect(x - half, y - type * 0.2, 2 * half, type * 1.4);
  ctx.fillStyle = palette.muted;
  ctx.fillText(text, x, y);
}

let tile: { colour: string; ratio: number; pattern: CanvasPattern | string } | null = null;

function hatch(ctx: CanvasRenderingContext2D, colour: string, scale: number): CanvasPattern | string {
  const screen = globalThis.devicePixelRatio || 1;
  const ratio = screen * scale;
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
  const pattern = ctx.createPattern(canvas, "repeat");
  pattern?.setTransform(new DOMMatrix([1 / screen, 0, 0, 1 / screen, 0, 0]));
  tile = { colour, ratio, pattern: pattern ?? colour };
  return tile.pattern;
}

/** Indexes [first, last) of what lies in the window, with one neighbour on either side. */
function window({ panel, range }: Pen): [number, number] {
  const { t } = panel.shape;
  return [Math.max(0, firstAfter(t, range.from) - 1), Math.min(t.length, firstAfter(t, range.to) + 1)];
}

/** Fills from the highest to the lowest of each bucket, one shape for each unbroken run. */
function paintEnvelope(pen: Pen): void {
  const { ctx, panel, palette } = pen;
  const { t, high, low } = panel.shape;
  const [first, last] = window(pen);
  ctx.fillStyle = faded(palette.vital(panel.colour), 0.28);
  for (let start = first; start < last; start++) {
    if (high[start] == null) continue;
    let end = start;
    while (end < last && high[end] != null) end++;
    ctx.beginPath();
    for (let i = start; i < end; i++) ctx.lineTo(pen.x(t[i]!), pen.y(high[i]!));
    for (let i = end - 1; i >= start; i--) ctx.lineTo(pen.x(t[i]!), pen.y(low[i]!));
    ctx.fill();
    start = end;
  }
}

function paintMean(pen: Pen): void {
  const { ctx, panel, palette } = pen;
  const { t, mean } = panel.shape;
  const [first, last] = window(pen);
  ctx.strokeStyle = palette.vital(panel.colour);
  ctx.lineWidth = 1.5 * pen.scale;
  ctx.lineJoin = "round";
  ctx.beginPath();
  let down = false;
  for (let i = first; i < last; i++) {
    const value = mean[i];
    if (value == null) down = false;
    else if (down) ctx.lineTo(pen.x(t[i]!), pen.y(value));
    else {
      ctx.moveTo(pen.x(t[i]!), pen.y(value));
      down = true;
    }
  }
  ctx.stroke();
}

/** Readings without a neighbour, which no line shows: a dot, with a bar from low to high. */
function paintSingles(pen: Pen): void {
  const { ctx, panel, palette, scale } = pen;
  const { t, mean, low, high } = panel.shape;
  const colour = palette.vital(panel.colour);
  ctx.fillStyle = colour;
  ctx.strokeStyle = faded(colour, 0.55);
  const alone = lonely(mean);
  const room = ((pen.right - pen.left) / Math.max(1, alone.length)) * 0.28;
  const radius = Math.min(2.6 * scale, Math.max(1, room));
  ctx.lineWidth = Math.min(3 * scale, Math.max(1, room));
  for (const i of alone) {
    const x = pen.x(t[i]!);
    ctx.beginPath();
    ctx.moveTo(x, pen.y(high[i]!));
    ctx.lineTo(x, pen.y(low[i]!));
    ctx.stroke();
    ctx.beginPath();
    ctx.arc(x, pen.y(mean[i]!), radius, 0, 2 * Math.PI);
    ctx.fill();
  }
}

/** A dot where the line has arrived, while it keeps up with the window. */
function paintLatest(pen: Pen): void {
  const { ctx, panel, palette, range, scale } = pen;
  const { t, mean } = panel.shape;
  const last = t.length - 1;
  if (last < 0 || range.to - t[last]! > Math.max(BRIDGE_MS, (range.to - range.from) * 0.01)) return;
  ctx.fillStyle = palette.vital(panel.colour);
  ctx.beginPath();
  ctx.arc(pen.x(t[last]!), pen.y(mean[last]!), 2.6 * scale, 0, 2 * Math.PI);
  ctx.fill();
}

function paintAxis(pen: Pen): void {
  const { ctx, panel, palette, left, top, bottom, type } = pen;
  ctx.fillStyle = palette.faint;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  for (const value of axisMarks(panel.range, marked(panel.lines), bottom - top, type * 1.35)) {
    ctx.fillText(String(Number(value.toFixed(panel.decimals))), left - 7, pen.y(value));
  }
}
