/** On paper the charts have one fixed size and light colours; afterwards the screen is as it was. */
import { signal } from "@preact/signals";
import type { Size } from "./pen";

/** The size of a stack of charts on a landscape page, CSS pixels. */
export const PAPER: Size = { width: 1000, height: 360, type: 11 };

export const printing = signal(false);

/** Follows the browser's printing; returns how to stop. */
export function followPrinting(): () => void {
  const root = document.documentElement;
  let theme = root.dataset["theme"];
  const stop = new AbortController();
  const listen = (name: string, act: () => void): void => addEventListener(name, act, { signal: stop.signal });
  listen("beforeprint", () => {
    theme = root.dataset["theme"];
    root.dataset["theme"] = "light";
    printing.value = true;
  });
  listen("afterprint", () => {
    if (theme === undefined) delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    printing.value = false;
  });
  return () => stop.abort();
}
