/**
 * Holds the live stream away from the page, so that a busy page cannot hide a silent server, and a silent server
 * cannot hide behind a still page. Streams first; polls when streaming keeps failing.
 */
import type { Delta, Snapshot } from "../api/types";
import { aheadAfter, Feed } from "./feed";
import { eventReader } from "./sse";

/** What the watchdog says: `ahead` is the server's clock less this browser's, ms. */
export type FromWatchdog =
  | { readonly kind: "beat"; readonly delta: Delta | null; readonly ahead: number; readonly means: "stream" | "poll" }
  | { readonly kind: "lost"; readonly silentMs: number }
  | { readonly kind: "sign-in" };

const CHECK_EVERY_MS = 100;
/**
 * The page's beat, on the quarters of the server's second. Numbers that come faster wait for it, so that they change
 * together with clock and flashing: four paints a second, not ten. An alarm waits for none of it.
 */
const BEAT_EVERY_MS = 250;
/** The server speaks at least once a second; the first word may take a little longer. Both are shorter than "lost". */
const FIRST_WORD_MS = 3_000;
const QUIET_MS = 3_000;
const FAILURES_BEFORE_POLLING = 3;
const POLL_FOR_MS = 600_000;
/** Nobody is signed in: asked again so seldom, for somebody may sign in on another page of this browser. */
const ASK_AGAIN_MS = 3_000;

/** The server answers, but not to nobody: that says nothing against the way it was asked. */
class SignInNeeded extends Error {}

const feed = new Feed(performance.now());
let failures = 0;
let means: "stream" | "poll" = "stream";
let newConnection = true;
let ahead = 0;
let toldAt = -Infinity;

function say(message: FromWatchdog): void {
  self.postMessage(message);
}

function tell(delta: Delta | null): void {
  if (delta) toldAt = performance.now();
  say({ kind: "beat", delta, ahead, means });
}

function take(snapshot: Snapshot): void {
  const now = performance.now();
  ahead = aheadAfter(ahead, snapshot.at - Date.now());
  const delta = feed.offer(snapshot, newConnection, now) ?? (now - toldAt < BEAT_EVERY_MS ? null : feed.release());
  newConnection = false;
  if (delta) tell(delta);
}

function beat(): void {
  tell(feed.release());
  setTimeout(beat, BEAT_EVERY_MS - ((Date.now() + ahead) % BEAT_EVERY_MS));
}

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

/** The wait before the next try, ms: short at first, never above three seconds. */
function patience(tries: number): number {
  return Math.min(3_000, 250 * 2 ** Math.min(tries, 4)) * (0.7 + 0.6 * Math.random());
}

async function stream(): Promise<void> {
  const control = new AbortController();
  let quiet = setTimeout(() => control.abort(), FIRST_WORD_MS);
  try {
    const response = await fetch("/api/live", { headers: { Accept: "text/event-stream" }, signal: control.signal, cache: "no-store" });
    if (response.status === 401 || response.status === 403) throw new SignInNeeded();
    if (!response.ok || !response.body) throw new Error(`the stream answered ${response.status}`);
    newConnection = true;
    const read = eventReader((event) => {
      if (event.event !== "snapshot") return;
      take(JSON.parse(event.data) as Snapshot);
      failures = 0;
    });
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
      clearTimeout(quiet);
      quiet = setTimeout(() => control.abort(), QUIET_MS);
      read(piece.value);
    }
  } finally {
    clearTimeout(quiet);
    control.abort();
  }
}

async function poll(until: number): Promise<void> {
  newConnection = true;
  while (performance.now() < until) {
    const after = newConnection || feed.seq === null ? "" : `?after=${feed.seq}`;
    const response = await fetch(`/api/live${after}`, {
      headers: { Accept: "application/json" },
      signal: AbortSignal.timeout(15_000),
      cache: "no-store",
    });
    if (response.status === 401 || response.status === 403) throw new SignInNeeded();
    if (response.status === 200) take((await response.json()) as Snapshot);
    else if (response.status !== 204) throw new Error(`the poll answered ${response.status}`);
  }
}

async function askForSignIn(): Promise<void> {
  say({ kind: "sign-in" });
  feed.excuse(performance.now());
  await pause(ASK_AGAIN_MS);
}

/** Streams for as long as that works; after repeated failure polls for ten minutes, then tries one stream again. */
async function run(): Promise<never> {
  for (;;) {
    means = failures < FAILURES_BEFORE_POLLING ? "stream" : "poll";
    try {
      if (means === "stream") await stream();
      else await poll(performance.now() + POLL_FOR_MS);
      failures = means === "poll" ? FAILURES_BEFORE_POLLING - 1 : failures + 1;
    } catch (error) {
      if (error instanceof SignInNeeded) {
        await askForSignIn();
        continue;
      }
      failures += 1;
    }
    await pause(patience(failures % FAILURES_BEFORE_POLLING));
  }
}

setInterval(() => {
  const now = performance.now();
  if (feed.isNewlyLost(now)) say({ kind: "lost", silentMs: now - feed.lastHeardAt });
}, CHECK_EVERY_MS);

beat();
void run();
