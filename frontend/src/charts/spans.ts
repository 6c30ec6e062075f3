/** A/B/D events and notes placed on the time axis; labels that would collide share one. Pure. */
import type { Range } from "./view";

export interface Span {
  id: number;
  kind: string;
  from: number;
  to: number;
  rejected?: boolean;
}

/** A label under the charts: one event, or several too close to tell apart. */
export interface Label {
  x: number;
  text: string;
  ids: number[];
}

/** Pixels for an instant. */
export function xOf(at: number, range: Range, width: number): number {
  return ((at - range.from) / (range.to - range.from)) * width;
}

/** Shaded stretches inside the window, at least two pixels wide so that a short event is never lost. */
export function shades(spans: readonly Span[], range: Range, width: number): { id: number; x: number; width: number; rejected: boolean }[] {
  return spans
    .filter((span) => span.to >= range.from && span.from <= range.to)
    .map((span) => {
      const left = Math.max(0, xOf(span.from, range, width));
      const right = Math.min(width, xOf(span.to, range, width));
      return { id: span.id, x: left, width: Math.max(2, right - left), rejected: span.rejected ?? false };
    });
}

/** Labels from left to right; neighbours nearer than `room` pixels are counted together. */
export function labels(spans: readonly Span[], range: Range, width: number, room = 34): Label[] {
  const out: Label[] = [];
  let group: Span[] = [];
  let start = 0;
  const close = (): void => {
    if (group.length === 0) return;
    const xs = group.map((span) => middle(span, range, width));
    const x = Math.min(width - 10, Math.max(10, (Math.min(...xs) + Math.max(...xs)) / 2));
    out.push({ x, text: group.length === 1 ? group[0]!.kind : `${group.length}×`, ids: group.map((span) => span.id) });
  };
  const shown = spans.filter((span) => span.to >= range.from && span.from <= range.to).sort((a, b) => a.from - b.from);
  for (const span of shown) {
    const x = middle(span, range, width);
    if (group.length && x - start < room) group.push(span);
    else {
      close();
      group = [span];
      start = x;
    }
  }
  close();
  return out;
}

function middle(span: Span, range: Range, width: number): number {
  const from = Math.max(span.from, range.from);
  const to = Math.min(span.to, range.to);
  return xOf((from + to) / 2, range, width);
}

/** The event at an instant; a few pixels of reach make short ones catchable. */
export function spanAt(spans: readonly Span[], at: number, reach: number): Span | undefined {
  return spans.find((span) => at >= span.from && at <= span.to) ?? spans.find((span) => at >= span.from - reach && at <= span.to + reach);
}

/** The next event after an instant (or the one before it, with `back`). */
export function nextSpan(spans: readonly Span[], at: number, back: boolean): Span | undefined {
  const ordered = [...spans].sort((a, b) => a.from - b.from);
  return back ? ordered.filter((span) => span.from < at).pop() : ordered.find((span) => span.from > at);
}
