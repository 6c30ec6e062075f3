/** Tells the server whether this display can be heard, so that a silent ward is noticed. */
import { effect } from "@preact/signals";
import { unit } from "../live/vitals";
import { soundState } from "./sound";

const EVERY_MS = 10_000;

function identity(): string {
  const kept = sessionStorage.getItem("nicu.display");
  if (kept) return kept;
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6]! & 0x0f) | 0x40;
  bytes[8] = (bytes[8]! & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const made = [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
  sessionStorage.setItem("nicu.display", made);
  return made;
}

/** Report now, every ten seconds, on every change, and when the page goes away. */
export function startDisplayReports(): void {
  const id = identity();
  const report = (sound: "on" | "off" | "closed"): void => {
    // A plain beacon cannot carry the header that the server asks for; a kept-alive request can.
    void fetch("/api/displays", {
      method: "POST",
      keepalive: true,
      headers: { "Content-Type": "application/json", "X-Nicu-Request": "1" },
      body: JSON.stringify({ id, sound }),
    }).catch(() => {});
  };
  const state = (): "on" | "off" => (soundState.peek() === "on" ? "on" : "off");
  effect(() => {
    soundState.value;
    // Whoever has just signed in is heard of at once, not with the next report.
    if (unit.value) report(state());
  });
  setInterval(() => report(state()), EVERY_MS);
  addEventListener("pagehide", () => report("closed"));
}
