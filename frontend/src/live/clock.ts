/** The server's clock as seen from here, and its seconds for everything that counts. */
import { signal } from "@preact/signals";

let offset = 0;

/** Server time in whole seconds, as epoch ms: changes once a second. */
export const now = signal(Math.floor(Date.now() / 1000) * 1000);

/** Server time in quarters of a second, epoch ms: what flashes and what is drawn in turns follows it. */
export const quarter = signal(0);

/** The server's clock now, epoch ms. */
export function serverNow(): number {
  return Date.now() + offset;
}

/** Move both on to this moment; `ahead` is the server's clock less this one, ms, where it is known anew. */
export function tick(ahead = offset): void {
  offset = ahead;
  const instant = serverNow();
  now.value = Math.floor(instant / 1000) * 1000;
  quarter.value = Math.floor(instant / 250) * 250;
}
