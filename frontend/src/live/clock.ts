/** The server's clock as seen from here, and one shared tick a second for everything that counts. */
import { signal } from "@preact/signals";

let offset = 0;

/** Server time in whole seconds, as epoch ms: changes once a second. */
export const now = signal(Math.floor(Date.now() / 1000) * 1000);

/** Learn how far the server's clock was ahead of this one, ms, when a snapshot came. */
export function serverIsAhead(measured: number): void {
  // The least delayed snapshot is the truest; a jump of the clock is taken at once.
  offset = Math.abs(measured - offset) > 2_000 ? measured : Math.max(measured, offset - 5);
}

/** The server's clock now, epoch ms. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Start the shared tick, on the server's full seconds. Returns how to stop it. */
export function startTicking(onTick: () => void): () => void {
  let timer: ReturnType<typeof setTimeout>;
  const tick = (): void => {
    const instant = serverNow();
    now.value = Math.floor(instant / 1000) * 1000;
    onTick();
    timer = setTimeout(tick, 1_005 - (instant % 1_000));
  };
  tick();
  return () => clearTimeout(timer);
}
