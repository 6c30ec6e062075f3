/** Which stretch of time the charts show, and how it moves. Pure: "now" is always handed in. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** The shortest window that can be zoomed to. */
export const SHORTEST_MS = MINUTE;
/** The longest: a year and a day holds any stay. */
export const LONGEST_MS = 366 * DAY;

/** A length of time and where it ends; `to` null follows the present. */
export interface View {
  span: number;
  to: number | null;
}

export interface Range {
  from: number;
  to: number;
}

export interface Tab {
  key: string;
  label: string;
  /** Length in ms; null is the whole stay. */
  span: number | null;
}

export const TABS: readonly Tab[] = [
  { key: "6m", label: "6 min", span: 6 * MINUTE },
  { key: "1h", label: "1 h", span: HOUR },
  { key: "4h", label: "4 h", span: 4 * HOUR },
  { key: "12h", label: "12 h", span: 12 * HOUR },
  { key: "24h", label: "24 h", span: DAY },
  { key: "7d", label: "7 d", span: 7 * DAY },
  { key: "stay", label: "Stay", span: null },
];

export const OXYCRG_MS = 6 * MINUTE;

/** The window on the time axis. */
export function rangeOf(view: View, now: number): Range {
  const to = view.to ?? now;
  return { from: to - view.span, to };
}

/** The present in steps that move a live window by about a pixel, so that a long window is not drawn anew each second. */
export function steadyNow(now: number, span: number): number {
  const step = Math.max(1, Math.floor(span / 1_200_000)) * 1000;
  return Math.ceil(now / step) * step;
}

/** Moves by a share of the window (negative is back); reaching the present follows it again. */
export function pan(view: View, now: number, share: number): View {
  const to = (view.to ?? now) + share * view.span;
  return to >= now ? { span: view.span, to: null } : { span: view.span, to };
}

/** Zooms by a factor (below 1 is closer), keeping the instant under `anchor` (0 left … 1 right) where it is. */
export function zoom(view: View, now: number, factor: number, anchor = 1): View {
  const { from, to } = rangeOf(view, now);
  const span = Math.min(LONGEST_MS, Math.max(SHORTEST_MS, view.span * factor));
  const held = from + anchor * (to - from);
  const end = held + (1 - anchor) * span;
  const following = view.to === null && anchor >= 0.95;
  return following || end >= now ? { span, to: null } : { span, to: end };
}

/** Puts an instant in the middle of the window. */
export function centre(view: View, now: number, at: number): View {
  const to = at + view.span / 2;
  return to >= now ? { span: view.span, to: null } : { span: view.span, to };
}

/** The view a tab stands for; a stay starts at admission (at least an hour is shown). */
export function tabView(tab: Tab, now: number, admittedAt: number | null): View {
  if (tab.span !== null) return { span: tab.span, to: null };
  const stay = admittedAt === null ? 7 * DAY : now - admittedAt;
  return { span: Math.min(LONGEST_MS, Math.max(HOUR, stay)), to: null };
}

/** The tab whose length this view has, or null after a free zoom. */
export function tabOf(view: View, chosen: string): string | null {
  if (chosen === "stay") return "stay";
  return TABS.find((tab) => tab.span === view.span)?.key ?? null;
}

/** How many buckets to ask for: one per two pixels reads well and keeps the answer small. */
export function pointsFor(width: number, span: number): number {
  const seconds = Math.ceil(span / 1000);
  return Math.max(60, Math.min(seconds, 1600, Math.round(width)));
}

/** How often the server is asked again while following the present, in ms. */
export function refetchEvery(span: number): number {
  if (span <= HOUR) return 30_000;
  return span <= DAY ? 60_000 : 300_000;
}
