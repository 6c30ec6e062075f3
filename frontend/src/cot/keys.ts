/** The keys of the cot page: which key means what, and when the page must not listen. */

/** The key of an event, or null while somebody types or holds a modifier of the browser. Letters come in lower case. */
export function keyOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "target">): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const target = event.target as { tagName?: string; isContentEditable?: boolean } | null;
  const tag = target?.tagName ?? "";
  if (tag === "INPUT" || tag === "TEXTAREA" || tag === "SELECT" || target?.isContentEditable) return null;
  // Enter and the space bar press the button that has the focus.
  if ((tag === "BUTTON" || tag === "A") && (event.key === "Enter" || event.key === " ")) return null;
  const key = event.key.length === 1 ? event.key.toLowerCase() : event.key;
  return event.shiftKey && key.startsWith("Arrow") ? `Shift+${key}` : key;
}

/** What the footer says. */
export const HINTS: readonly (readonly [keys: string, does: string])[] = [
  ["← →", "move"],
  ["+ −", "zoom"],
  ["0", "now"],
  ["1–7", "window"],
  ["⇧← ⇧→", "events"],
  ["[ ]", "cots"],
  ["A", "acknowledge"],
  ["P", "pause sound"],
  ["O", "alarms off"],
  ["L", "limits"],
  ["N", "note"],
];

/** Neighbours of a cot in the order of places; null at the ends. */
export function neighbours(order: readonly number[], id: number): { back: number | null; next: number | null } {
  const place = order.indexOf(id);
  if (place < 0) return { back: null, next: null };
  return { back: order[place - 1] ?? null, next: order[place + 1] ?? null };
}
