/** The right column: how SpO2 was spread, the limits, and lists of what happened. */
import { useSignal } from "@preact/signals";
import type { Annotation, Limits, Page, Spell } from "../api/types";
import type { CotLive } from "../live/store";
import type { Loaded } from "../parts/load";
import { AlarmLog } from "./alarm_log";
import { EventsList } from "./events_list";
import { Histogram } from "./histogram";
import { LimitsCard } from "./limits_card";
import { NotesList } from "./notes";
import { linesOf } from "./rows";

interface Props {
  cot: CotLive;
  patientId: number;
  limits: Loaded<Limits>;
  events: Loaded<Page<Spell>>;
  notes: Loaded<Page<Annotation>>;
  since: number;
  selected: number | null;
  onEdit: () => void;
  onEvent: (id: number) => void;
  onAlarm: (id: number) => void;
  onGo: (at: number) => void;
  onNote: () => void;
}

const LISTS = ["Events", "Alarms", "Notes"] as const;

export function Side(props: Props) {
  const list = useSignal<(typeof LISTS)[number]>("Events");
  const definition = props.events.data?.items[0]?.definition;
  return (
    <aside class="cot-side">
      <Histogram patientId={props.patientId} redLow={linesOf(props.limits.data?.limits ?? [], "spo2").redLow} />
      <LimitsCard cot={props.cot} limits={props.limits} onEdit={props.onEdit} />
      <section class="panel cot-lists">
        <h2>
          <span class="cot-switch" role="tablist">
            {LISTS.map((one) => (
              <button key={one} type="button" role="tab" aria-selected={one === list.value} onClick={() => (list.value = one)}>
                {one}
                {one === "Events" && props.events.data ? ` ${props.events.data.items.length}` : ""}
                {one === "Notes" && props.notes.data?.items.length ? ` ${props.notes.data.items.length}` : ""}
              </button>
            ))}
          </span>
          <small title="Definition of an event">{list.value === "Events" && definition}</small>
        </h2>
        <div class="cot-lists-body" role="log" aria-live="off">
          {list.value === "Events" && <EventsList events={props.events} since={props.since} selected={props.selected} onOpen={props.onEvent} />}
          {list.value === "Alarms" && <AlarmLog patientId={props.patientId} onOpen={props.onAlarm} />}
          {list.value === "Notes" && <NotesList notes={props.notes} onGo={props.onGo} onAdd={props.onNote} />}
        </div>
      </section>
    </aside>
  );
}
