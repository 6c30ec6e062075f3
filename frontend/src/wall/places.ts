/** Which cots are on which page of the wall, and where the keyboard stands. */
import { computed, signal } from "@preact/signals";
import { ward } from "../live/connection";
import { preferences } from "../preferences";
import { pages } from "./arrange";

const all = computed(() => pages(ward.order.value, preferences.value.perPage));
const chosen = signal(0);

/** How many pages the wall has; the page shown, from 0; and the cots on it. */
export const wallPages = computed(() => all.value.length);
export const wallPage = computed(() => Math.max(0, Math.min(chosen.value, all.value.length - 1)));
export const cotsShown = computed<readonly number[]>(() => all.value[wallPage.value] ?? []);

/** The cot that the keyboard stands on. */
export const focusedCot = signal<number | null>(null);

export function turnPage(by: number): void {
  const count = wallPages.peek();
  if (count > 1) chosen.value = (wallPage.peek() + by + count) % count;
}

/** Put the keyboard on a tile, on whichever page of the wall it is. */
export function focusTile(id: number): void {
  const page = all.peek().findIndex((ids) => ids.includes(id));
  if (page >= 0) chosen.value = page;
  focusedCot.value = id;
  requestAnimationFrame(() => document.querySelector<HTMLElement>(`.tile-open[data-cot="${id}"]`)?.focus());
}
