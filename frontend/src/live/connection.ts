/** The page's side of the live stream: starts the watchdog, feeds the ward, and watches the watchdog. */
import { batch, signal } from "@preact/signals";
import { tick } from "./clock";
import { LOST_AFTER_MS } from "./feed";
import { Ward } from "./store";
import type { FromWatchdog } from "./watchdog.worker";

/** The one ward of this page. */
export const ward = new Ward();

/** How snapshots arrive now, and how old the newest was on arrival, ms. */
export const means = signal<"stream" | "poll">("stream");
export const arrivals = signal(0);

/** The server answers, but to somebody who is signed in. */
export const signedOut = signal(false);

let heardFromWorker = 0;
let worker: Worker | null = null;

function receive(message: FromWatchdog): void {
  heardFromWorker = performance.now();
  if (message.kind === "beat") {
    batch(() => {
      tick(message.ahead);
      means.value = message.means;
      if (!message.delta) return;
      signedOut.value = false;
      ward.apply(message.delta);
      arrivals.value += 1;
    });
  } else if (message.kind === "lost") ward.lose(Date.now() - message.silentMs);
  else {
    signedOut.value = true;
    for (const act of onSignIn) act();
  }
}

const onSignIn = new Set<() => void>();

/** Called when the stream answers that nobody is signed in. */
export function whenStreamNeedsSignIn(act: () => void): void {
  onSignIn.add(act);
}

/** Open the live stream; if the worker itself falls silent the link counts as lost, too, and it is started anew. */
export function startLive(): void {
  restartLive();
  setInterval(() => {
    const silent = performance.now() - heardFromWorker;
    if (silent > 1_000) tick();
    if (silent < LOST_AFTER_MS + 1_000) return;
    ward.lose(Date.now() - silent);
    restartLive();
  }, 1_000);
}

/** Ask the server anew and at once: somebody has signed in or out, or the worker is silent. */
export function restartLive(): void {
  worker?.terminate();
  heardFromWorker = performance.now();
  worker = new Worker(new URL("./watchdog.worker.ts", import.meta.url), { type: "module" });
  worker.onmessage = (event: MessageEvent<FromWatchdog>) => receive(event.data);
}

/** Somebody signed out: what was seen is no longer theirs to see, and nothing of it is lost. */
export function leaveWard(): void {
  ward.clear();
  restartLive();
}
