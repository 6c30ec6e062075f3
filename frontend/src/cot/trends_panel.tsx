/** The charts of one baby with their tabs and every state they can be in. */
import type { Signal } from "@preact/signals";
import { useEffect, useMemo, useRef } from "preact/hooks";
import "../charts/charts.css";
import type { LimitRow } from "../api/types";
import type { Note } from "../charts/axis";
import type { Span } from "../charts/spans";
import { Stack } from "../charts/stack";
import { stepText, when } from "../charts/ticks";
import { OXYCRG_MS, TABS, tabOf } from "../charts/view";
import { serverNow } from "../live/clock";
import { ward } from "../live/connection";
import type { CotLive } from "../live/store";
import { unit, vitalOf } from "../live/vitals";
import { Button, Empty, ErrorState, Loading } from "../parts/parts";
import { anything, panels } from "./rows";
import type { TrendsModel } from "./trends";

interface Props {
  cot: CotLive;
  model: TrendsModel;
  limits: readonly LimitRow[];
  spans: readonly Span[];
  notes: readonly Note[];
  /** When the newest reading came, however long ago. */
  lastAt: number | null;
  selected: Signal<number | null>;
  onEvent: (id: number) => void;
}

const TIERS = { reading: "readings", minute: "1 min roll-ups", hour: "1 h roll-ups" } as const;

export function TrendsPanel({ cot, model, limits, spans, notes, lastAt, selected, onEvent }: Props) {
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => model.setWidth(box.current?.clientWidth ?? 1000));
  const range = model.range.value;
  const view = model.view.value;
  const connected = ward.link.value.state !== "lost";
  const trends = model.trends.value;
  const missing = cot.missing.value;
  const live = view.to === null && connected;
  const oxycrg = view.span <= OXYCRG_MS;
  const known = unit.value;
  // A longer window takes its live points as it moves, not each second.
  const shown = useMemo(
    () => panels({ trends, points: model.points.peek(), missing, limits, vital: vitalOf, now: serverNow(), live }, range, oxycrg),
    [trends, missing, limits, known, range, live, oxycrg],
  );
  const pick = (ids: number[]): void => {
    if (ids.length === 1) return onEvent(ids[0]!);
    const group = spans.filter((span) => ids.includes(span.id));
    model.goTo((Math.min(...group.map((one) => one.from)) + Math.max(...group.map((one) => one.to))) / 2);
    model.zoom(0.25, 0.5);
  };
  const state = model.state.value;
  return (
    <section class="charts panel flush" aria-label="Trends" aria-busy={state === "loading"}>
      <Tabs model={model} />
      <div class="charts-body" ref={box}>
        <Stack
          panels={shown}
          range={range}
          step={model.trends.value?.step_ms ?? 1000}
          spans={spans}
          notes={notes}
          selected={selected.value}
          cursor={model.cursor}
          onDrag={(share, first) => model.drag(share, first)}
          onZoom={(factor, anchor) => model.zoom(factor, anchor)}
          onPick={pick}
        />
        {state === "loading" && (
          <div class="charts-over">
            <Loading />
          </div>
        )}
        {state === "error" && (
          <div class="charts-over">
            <ErrorState error={new Error(`The charts could not be loaded. ${model.fault.value}`)} retry={() => model.retry()} />
          </div>
        )}
        {state === "ready" && !anything(shown, range) && <Nothing last={lastAt} model={model} />}
      </div>
    </section>
  );
}

function Nothing({ last, model }: { last: number | null; model: TrendsModel }) {
  return (
    <div class="charts-over">
      <Empty title="No readings in this window">
        <p>{last === null ? "None has been received for this baby yet." : `The last was ${when(last, serverNow(), true)}.`}</p>
        {last !== null && <Button onClick={() => model.goTo(last)}>Show it</Button>}
      </Empty>
    </div>
  );
}

function Tabs({ model }: { model: TrendsModel }) {
  const chosen = tabOf(model.view.value, model.tab.value);
  const trends = model.trends.value;
  const following = model.view.value.to === null;
  const lost = ward.link.value.state === "lost";
  return (
    <div class="charts-tabs">
      <div role="tablist" aria-label="Window">
        {TABS.map((tab, i) => (
          <button key={tab.key} role="tab" type="button" aria-selected={tab.key === chosen} title={`Key ${i + 1}`} onClick={() => model.choose(tab.key)}>
            {i === 0 && <span class="oxycrg">OxyCRG </span>}
            {tab.label}
          </button>
        ))}
      </div>
      <button type="button" class={`charts-now${following && !lost ? " on" : ""}`} aria-pressed={following} title="Follow the present (0)" onClick={() => model.toNow()}>
        {!following ? "→ now" : lost ? "not live" : "live"}
      </button>
      <em>
        {trends && (
          <>
            {chosen === null && `${stepText(model.view.value.span)} · `}
            {stepText(trends.step_ms)} {trends.step_ms <= 1000 ? "readings" : `buckets of ${TIERS[trends.tier]}`}
            <span> · envelope min–max, line mean · gaps are gaps</span>
          </>
        )}
      </em>
    </div>
  );
}
