/** Says new high alarms to a screen reader: those only, once each. */
import { useRef } from "preact/hooks";
import { effect, signal } from "@preact/signals";
import type { Alarm } from "../api/types";
import { ward } from "../live/connection";
import { placeOf } from "../parts/cot-name";

/** The high alarms that hold now and were not known before. */
export function newlyHigh(known: ReadonlySet<number>, alarms: readonly Alarm[]): Alarm[] {
  return alarms.filter((alarm) => alarm.priority === "high" && alarm.presence === "on" && !known.has(alarm.id));
}

/** What was said last. */
const said = signal("");

/** Follow the ward; called once. */
export function startAnnouncing(): void {
  let known = new Set<number>();
  effect(() => {
    const alarms = ward.alarms();
    const fresh = newlyHigh(known, alarms);
    known = new Set(alarms.map((alarm) => alarm.id));
    if (fresh.length > 0) said.value = fresh.map((alarm) => `${placeOf(alarm)}: ${alarm.text}`).join(". ");
  });
}

/** Says them from when it appears: in the frame, and in a dialog, as nothing outside one is read out while it is open. */
export function Announcer() {
  const before = useRef(said.peek());
  return (
    <div class="hidden-visually" role="alert">
      {said.value === before.current ? "" : said.value}
    </div>
  );
}
