/** Everything about the baby in a cot: loads it, and shares it out among the parts of the page. */
import { useSignal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Annotation, LimitRow, Limits, Page, Patient, Spell } from "../api/types";
import { nextSpan } from "../charts/spans";
import { TABS } from "../charts/view";
import { serverNow } from "../live/clock";
import { ward } from "../live/connection";
import type { CotLive } from "../live/store";
import { may } from "../live/vitals";
import { useLoad } from "../parts/load";
import { AlarmBar } from "./alarm_bar";
import { AlarmDialog } from "./alarm_log";
import { EventDialog } from "./event_dialog";
import { Hints } from "./hints";
import { Header } from "./header";
import { neighbours } from "./keys";
import { LimitsEditor } from "./limits_editor";
import { marks, NoteDialog } from "./notes";
import { Numbers } from "./numbers";
import { Side } from "./side";
import { SilenceDialog } from "./silence_dialog";
import { spanOf } from "./spells";
import { TrendsModel } from "./trends";
import { TrendsPanel } from "./trends_panel";
import { useCotKeys } from "./use_keys";
import { useKept } from "./use_kept";

const DAY = 86_400_000;
const NO_LIMITS: readonly LimitRow[] = [];

/** When a baby came, and its first and last reading; epoch ms. */
interface Stay {
  readonly began_at: number | null;
  readonly first_at: number | null;
  readonly last_at: number | null;
}

/** What lies over the page. */
type Over = { kind: "limits" | "note" | "silence" } | { kind: "event" | "alarm"; id: number } | null;

export function BabyPage({ cot, patientId }: { cot: CotLive; patientId: number }) {
  const model = useMemo(() => new TrendsModel(patientId, cot), [patientId]);
  useEffect(() => model.start(), [model]);
  const over = useSignal<Over>(null);
  const selected = useSignal<number | null>(null);

  const range = model.range.value;
  const base = `/api/patients/${patientId}`;
  const patient = useLoad<Patient>(base, 300_000);
  const limits = useKept(useLoad<Limits>(`${base}/limits`, 60_000));
  // Whole days, so that panning within one asks for nothing new.
  const since = Math.floor(Math.min(range.from, serverNow() - DAY) / DAY) * DAY;
  const from = new Date(since).toISOString();
  const events = useKept(useLoad<Page<Spell>>(`${base}/events?from=${from}`, 20_000));
  const notes = useKept(useLoad<Page<Annotation>>(`${base}/annotations?from=${from}`, 60_000));
  const stay = useLoad<Stay>(`${base}/stay`, 300_000);
  model.beganAt = stay.data?.began_at ?? stay.data?.first_at ?? null;

  const rows = limits.data?.limits ?? NO_LIMITS;
  const spans = useMemo(() => (events.data?.items ?? []).map((spell) => spanOf(spell, serverNow())), [events.data, range]);
  const noteMarks = useMemo(() => marks(notes.data?.items ?? []), [notes.data]);
  const openEvent = (id: number): void => {
    selected.value = id;
    over.value = { kind: "event", id };
  };
  const step = (back: boolean, open: boolean): void => {
    const here = spans.find((span) => span.id === selected.value)?.from ?? model.range.value.to;
    const found = nextSpan(spans, here, back);
    if (!found) return;
    model.goTo(found.from);
    selected.value = found.id;
    if (open) openEvent(found.id);
  };
  const around = neighbours(ward.order.value, cot.id);
  useCotKeys(cot, around, {
    ArrowLeft: () => model.pan(-0.25),
    ArrowRight: () => model.pan(0.25),
    "Shift+ArrowLeft": () => step(true, false),
    "Shift+ArrowRight": () => step(false, false),
    "+": () => model.zoom(0.5, model.view.value.to === null ? 1 : 0.5),
    "=": () => model.zoom(0.5, model.view.value.to === null ? 1 : 0.5),
    "-": () => model.zoom(2, model.view.value.to === null ? 1 : 0.5),
    "0": () => model.toNow(),
    Home: () => model.toNow(),
    e: () => selected.value !== null && openEvent(selected.value),
    l: () => limits.data && may("change limits") && (over.value = { kind: "limits" }),
    n: () => may("annotate") && (over.value = { kind: "note" }),
    o: () => (over.value = { kind: "silence" }),
    ...Object.fromEntries(TABS.map((tab, i) => [String(i + 1), () => model.choose(tab.key)])),
  });

  const close = (): void => void (over.value = null);
  const shown = over.value;
  const spell = shown?.kind === "event" ? events.data?.items.find((one) => one.id === shown.id) : undefined;
  return (
    <div class="cot-page">
      <Header cot={cot} baby={cot.baby.value} patient={patient.data} {...around} />
      <AlarmBar cot={cot} onSilence={() => (over.value = { kind: "silence" })} onWhy={(id) => (over.value = { kind: "alarm", id })} />
      <div class="cot-main">
        <Numbers cot={cot} limits={rows} />
        <TrendsPanel
          cot={cot}
          model={model}
          limits={rows}
          spans={spans}
          notes={noteMarks}
          lastAt={cot.lastAt.value ?? stay.data?.last_at ?? null}
          selected={selected}
          onEvent={openEvent}
        />
        <Side
          cot={cot}
          patientId={patientId}
          limits={limits}
          events={events}
          notes={notes}
          since={since}
          selected={selected.value}
          onEdit={() => (over.value = { kind: "limits" })}
          onEvent={openEvent}
          onAlarm={(id) => (over.value = { kind: "alarm", id })}
          onGo={(at) => model.goTo(at)}
          onNote={() => (over.value = { kind: "note" })}
        />
      </div>
      <Hints />
      {shown?.kind === "limits" && limits.data && (
        <LimitsEditor cot={cot} patientId={patientId} limits={limits.data} onSaved={limits.again} onClose={close} />
      )}
      {shown?.kind === "silence" && <SilenceDialog cot={cot} limits={rows} onClose={close} />}
      {shown?.kind === "note" && <NoteDialog patientId={patientId} at={model.cursor.peek()} onSaved={notes.again} onClose={close} />}
      {shown?.kind === "alarm" && <AlarmDialog id={shown.id} onClose={close} />}
      {spell && <EventDialog spell={spell} limits={rows} onStep={(back) => step(back, true)} onChanged={events.again} onClose={close} />}
    </div>
  );
}
