/** Listens to the keyboard for as long as a cot page is shown. */
import { useEffect, useRef } from "preact/hooks";
import { acknowledge, PAUSE_S, pauseSound } from "../live/actions";
import { serverNow } from "../live/clock";
import type { CotLive } from "../live/store";
import { unacknowledged } from "../live/urgency";
import { go } from "../router";
import { keyOf } from "./keys";

type Around = { back: number | null; next: number | null };

/** Keys that every cot has, and those a page adds by name. A dialog has the keyboard for itself. */
export function useCotKeys(cot: CotLive, around: Around, own: Readonly<Record<string, () => void>>): void {
  const latest = useRef({ around, own });
  latest.current = { around, own };
  useEffect(() => {
    const act = (event: KeyboardEvent): void => {
      const key = keyOf(event);
      if (key === null || event.defaultPrevented || document.querySelector("dialog[open]")) return;
      const { around, own } = latest.current;
      const action = own[key] ?? common(cot, around)[key];
      if (!action) return;
      event.preventDefault();
      action();
    };
    addEventListener("keydown", act);
    return () => removeEventListener("keydown", act);
  }, [cot]);
}

function common(cot: CotLive, around: Around): Readonly<Record<string, () => void>> {
  const first = (): void => {
    const alarm = unacknowledged(cot.alarms.peek());
    if (alarm) void acknowledge(alarm);
  };
  const to = (id: number | null) => (): void => {
    if (id !== null) go(`/cots/${id}`);
  };
  const pause = (): void => {
    const paused = (cot.flags.peek().audio_paused_until ?? 0) > serverNow();
    void pauseSound({ id: cot.id, label: cot.label.peek() }, paused ? 0 : PAUSE_S);
  };
  return { a: first, Enter: first, p: pause, "[": to(around.back), "]": to(around.next) };
}
