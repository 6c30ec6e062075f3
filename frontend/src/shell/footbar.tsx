/** The disclaimer, and the state of the live view in small print. */
import { useComputed } from "@preact/signals";
import { elapsed } from "../format";
import { now } from "../live/clock";
import { means, signedOut, ward } from "../live/connection";

export function FootBar() {
  const state = useComputed(() => {
    const link = ward.link.value;
    const head = ward.head.value;
    if (signedOut.value) return "";
    if (link.state === "lost") return "Not live";
    if (!head) return "Connecting …";
    const how = means.value === "stream" ? "Live" : "Live by polling";
    const store = head.store.state === "ok" ? "store healthy" : `store failing ${elapsed(now.value - (head.store.since ?? now.value))}, ${head.store.spooled} readings kept back`;
    return `${how} · ${head.audible.displays} with sound · ${store}`;
  });
  return (
    <footer class="footbar">
      <span>
        <b>Secondary display. Not a medical device.</b> The bedside monitor is the primary alarm; do not rely on this display as the sole source of alarms.
      </span>
      <span class="state">{state}</span>
    </footer>
  );
}
