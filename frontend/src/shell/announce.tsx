/** Says new high alarms to a screen reader: those only, once each. */
import { useEffect, useState } from "preact/hooks";
import { effect } from "@preact/signals";
import type { Alarm } from "../api/types";
import { ward } from "../live/connection";
import { placeOf } from "../parts/cot-name";

/** The high alarms that hold now and were not known before. */
export function newlyHigh(known: ReadonlySet<number>, alarms: readonly Alarm[]): Alarm[] {
  return alarms.filter((alarm) => alarm.priority === "high" && alarm.presence === "on" && !known.has(alarm.id));
}

export function Announcer() {
  const [text, setText] = useState("");
  useEffect(() => {
    let known = new Set<number>();
    return effect(() => {
      const alarms = ward.alarms();
      const fresh = newlyHigh(known, alarms);
      known = new Set(alarms.map((alarm) => alarm.id));
      if (fresh.length > 0) setText(fresh.map((alarm) => `${placeOf(alarm)}: ${alarm.text}`).join(". "));
    });
  }, []);
  return (
    <div class="hidden-visually" role="alert">
      {text}
    </div>
  );
}
