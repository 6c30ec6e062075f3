/** Keys: which one an event means, when a page must not listen, and what the cot page's own keys do. */
import { preferences } from "../preferences";

/**
 * The key of an event, or null while somebody types, holds a modifier of the browser, or has turned single letters off.
 * Letters come in lower case.
 */
export function keyOf(event: Pick<KeyboardEvent, "key" | "ctrlKey" | "metaKey" | "altKey" | "shiftKey" | "target">): string | null {
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  const target = event.target as { tagName?: string; isContentEditable?: boolean } | null;
  const tag = target?.tagName ?? "";
  if (tag === "INPUT" || tag === "TEXTAREA" || tag === "SELECT" || target?.isContentEditable) return null;
  // Enter and the space bar press the button that has the focus.
  if ((tag === "BUTTON" || tag === "A") && (event.key === "Enter" || event.key === " ")) return null;
  if (event.key.length === 1 && !preferences.peek().keys) return null;
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
