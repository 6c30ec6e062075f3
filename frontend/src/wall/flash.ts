/** Keeps all flashing in one phase with the server's second, whenever each flash began. */
import { serverNow } from "../live/clock";

const FLASHES = new Set(["flash-high", "flash-medium"]);
/** The longest flash: a common multiple of all of them. */
const CYCLE_MS = 2_000;

/** Start time on the page's animation clock that makes a flash begin with an even second of the server. */
export function phaseStart(timeline: number, server: number): number {
  return timeline - (server % CYCLE_MS);
}

/** Follow every flash that begins anywhere on the page. */
export function startFlashing(): void {
  document.addEventListener("animationstart", (event) => {
    if (!FLASHES.has(event.animationName)) return;
    const timeline = Number(document.timeline.currentTime ?? 0);
    const start = phaseStart(timeline, serverNow());
    for (const animation of (event.target as Element).getAnimations({ subtree: true }))
      if (animation instanceof CSSAnimation && FLASHES.has(animation.animationName)) animation.startTime = start;
  });
}
