/** Whether somebody is at this screen: what a page fetches by itself must not keep a session alive. */
const AWAY_AFTER_MS = 60_000;

let touchedAt = performance.now();

if (typeof window !== "undefined")
  for (const kind of ["pointerdown", "keydown", "wheel", "touchstart"])
    addEventListener(kind, () => (touchedAt = performance.now()), { capture: true, passive: true });

export function isAway(): boolean {
  return performance.now() - touchedAt > AWAY_AFTER_MS;
}
