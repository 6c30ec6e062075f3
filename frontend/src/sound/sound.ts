/** The voice of this display: on when it can be heard, and honest about it when not. */
import { computed, effect, signal } from "@preact/signals";
import { ward } from "../live/connection";
import { preferences } from "../preferences";
import { pulsesOf, SILENCE, step, type Burst, type Heard } from "./schedule";
import { Synthesis } from "./synthesis";

/** `blocked`: the browser waits for a gesture. `muted`: a person turned the sound of this display off. */
export type SoundState = "on" | "blocked" | "muted" | "unavailable";

const context = signal<AudioContextState | "none">("none");
const muted = signal(false);

export const soundState = computed<SoundState>(() => {
  if (muted.value) return "muted";
  if (context.value === "running") return "on";
  return typeof AudioContext === "undefined" ? "unavailable" : "blocked";
});

const LOST_CONNECTION: Heard = { id: -1, priority: "medium", technical: true, escalated: false };
const CHECK_EVERY_MS = 200;

let synthesis: Synthesis | null = null;
let sounding = SILENCE;

/** What should be heard now: the sounding alarms, or the loss of the connection instead of them. */
export const heard = computed<readonly Heard[]>(() => {
  if (ward.link.value.state === "lost") return [LOST_CONNECTION];
  return ward
    .alarms()
    .filter((alarm) => alarm.sounding)
    .map((alarm) => ({ id: alarm.id, priority: alarm.priority, technical: alarm.kind === "technical", escalated: alarm.escalated }));
});

function play(burst: Burst): void {
  if (soundState.peek() !== "on") return;
  synthesis?.play(burst, preferences.peek().volume);
  dispatchEvent(new CustomEvent("nicu:sound", { detail: { ...burst, at: Date.now() } }));
}

function check(): void {
  const next = step(sounding, heard.peek(), performance.now());
  sounding = next.state;
  if (next.cut) synthesis?.cut();
  if (next.burst) play(next.burst);
}

function open(): Synthesis | null {
  if (synthesis || typeof AudioContext === "undefined") return synthesis;
  synthesis = new Synthesis(new AudioContext());
  const note = (): void => void (context.value = synthesis!.context.state);
  synthesis.context.onstatechange = note;
  note();
  return synthesis;
}

/** Try to be heard: works at once after a gesture, or where the browser trusts this page. */
export async function turnSoundOn(): Promise<void> {
  muted.value = false;
  // Whoever turns the sound on hears at once what holds now.
  sounding = SILENCE;
  await open()?.context.resume();
  check();
}

/** Silence this display; the banner stays and the server is told. */
export function turnSoundOff(): void {
  muted.value = true;
  synthesis?.cut();
}

export function toggleSound(): void {
  if (soundState.peek() === "on") turnSoundOff();
  else void turnSoundOn();
}

/** Play one burst of a priority for the ear, whatever the alarms are. */
export async function testSound(priority: Burst["priority"], technical = false): Promise<void> {
  await open()?.context.resume();
  synthesis?.play({ priority, technical, louder: false, pulses: pulsesOf(priority, technical) }, preferences.peek().volume);
}

/**
 * Start listening to the alarms. Any gesture on the page lets the browser release the sound: at its end, as the banner
 * that goes then moves the page, and what was pressed must still lie under the finger.
 */
export function startSound(): void {
  open();
  const release = (): void => {
    if (soundState.peek() === "blocked") void turnSoundOn();
  };
  for (const gesture of ["pointerup", "keydown"]) addEventListener(gesture, release, { capture: true });
  setInterval(check, CHECK_EVERY_MS);
  effect(() => {
    heard.value;
    check();
  });
}
