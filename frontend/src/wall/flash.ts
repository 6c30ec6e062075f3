/**
 * One flash for the whole page, on the server's clock: high alarms at 2 Hz, medium at 0.5 Hz.
 * Two classes on the document are turned rather than an animation per tile: every tile is in phase by construction,
 * and no tile needs a layer of its own.
 */
import { effect } from "@preact/signals";
import { quarter } from "../live/clock";

const HALF_PERIOD_MS = { high: 250, medium: 1_000 } as const;

/** Whether the frames of a priority are dark at server time `at`. */
export function isOff(priority: keyof typeof HALF_PERIOD_MS, at: number): boolean {
  return Math.floor(at / HALF_PERIOD_MS[priority]) % 2 === 1;
}

/** Flash from now on, unless the person wants no motion: then the frames stand. */
export function startFlashing(): void {
  const still = matchMedia("(prefers-reduced-motion: reduce)");
  const root = document.documentElement.classList;
  effect(() => {
    const at = quarter.value;
    root.toggle("flash-high-off", !still.matches && isOff("high", at));
    root.toggle("flash-medium-off", !still.matches && isOff("medium", at));
  });
}
