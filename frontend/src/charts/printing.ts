/** On paper the charts have one fixed size and light colours; afterwards the screen is as it was. */
import { signal } from "@preact/signals";
import type { Size } from "./pen";

/** The size of a stack of charts on a landscape page, CSS pixels. */
export const PAPER: Size = { width: 1000, height: 360, type: 11 };

export const printing = signal(false);

/** Follows the browser's printing from now on. */
export function followPrinting(): void {
  addEventListener("beforeprint", () => (printing.value = true));
  addEventListener("afterprint", () => (printing.value = false));
}
