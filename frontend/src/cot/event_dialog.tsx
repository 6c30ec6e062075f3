/** One A/B/D event: three minutes before to one after at full resolution, and what a nurse says of it. */
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { patch } from "../api/client";
import type { LimitRow, Snippet, Spell } from "../api/types";
import { Stack } from "../charts/stack";
import { dayAndTime, seconds } from "../format";
import { now } from "../live/clock";
import { may, vitalOf } from "../live/vitals";
import { Button, Dialog, ErrorState, Loading } from "../parts/parts";
import { useLoad } from "../parts/load";
import { attempt } from "../parts/toast";
import { keyOf } from "./keys";
import { snippetPanels } from "./snippet";
import { KINDS, nadirText, spanOf, STATES } from "./spells";

interface Props {
  spell: Spell;
  limits: readonly LimitRow[];
  onStep: (back: boolean) => void;
  onChanged: () => void;
  onClose: () => void;
}

export function EventDialog({ spell, limits, onStep, onChanged, onClose }: Props) {
  const change = async (body: Partial<Pick<Spell, "review" | "kind" | "state" | "note">>, done: string): Promise<void> => {
    if (await attempt(done, () => patch(`/api/events/${spell.id}`, body))) onChanged();
  };
  useEffect(() => {
    const act = (event: KeyboardEvent): void => {
      const key = keyOf(event);
      if (key === "ArrowLeft" || key === "ArrowRight") onStep(key === "ArrowLeft");
      else if (key === "c") void change({ review: "confirmed" }, "Event confirmed");
      else if (key === "r") void change({ review: "rejected" }, "Event rejected");
      else return;
      event.preventDefault();
    };
    addEventListener("keydown", act);
    return () => removeEventListener("keydown", act);
  });
  const at = Date.parse(spell.started_at);
  return (
    <Dialog title={`${spell.kind} · ${dayAndTime(at, true)} · ${spell.ended_at === null ? "going on" : seconds(spell.duration_s)}`} onClose={onClose}>
      <p class="dim">
        {nadirText(spell, vitalOf)} · definition {spell.definition} · {spell.review}
      </p>
      <Charts key={spell.id} spell={spell} limits={limits} />
      {may("review events") && <Judgement spell={spell} onChange={(body, done) => void change(body, done)} />}
      <footer>
        <Button look="quiet" onClick={() => onStep(true)} title="Earlier event (←)">
          ← Earlier
        </Button>
        <Button look="quiet" onClick={() => onStep(false)} title="Later event (→)">
          Later →
        </Button>
        <span class="spread-out" />
        <Button onClick={onClose}>Close</Button>
      </footer>
    </Dialog>
  );
}

function Charts({ spell, limits }: { spell: Spell; limits: readonly LimitRow[] }) {
  const cursor = useSignal<number | null>(null);
  const { data, error, again } = useLoad<Snippet>(`/api/events/${spell.id}/snippet`);
  if (!data) return <div class="event-charts">{error ? <ErrorState error={error} retry={again} /> : <Loading />}</div>;
  return (
    <div class="event-charts">
      <Stack panels={snippetPanels(data, limits, vitalOf)} range={data} step={1000} spans={[spanOf(spell, now.value)]} cursor={cursor} />
    </div>
  );
}

function Judgement({ spell, onChange }: { spell: Spell; onChange: (body: object, done: string) => void }) {
  return (
    <div class="event-judge">
      <div class="row" role="group" aria-label="Review">
        <Button aria-pressed={spell.review === "confirmed"} onClick={() => onChange({ review: "confirmed" }, "Event confirmed")} title="C">
          ✓ Confirm
        </Button>
        <Button aria-pressed={spell.review === "rejected"} onClick={() => onChange({ review: "rejected" }, "Event rejected")} title="R">
          ✗ Reject
        </Button>
        <label class="row">
          <span class="dim">Kind</span>
          <select class="input" value={spell.kind} onChange={(event) => onChange({ kind: event.currentTarget.value }, `Now ${event.currentTarget.value}`)}>
            {[...new Set([spell.kind, ...KINDS])].map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
        </label>
      </div>
      <div class="row" role="group" aria-label="The baby was">
        <span class="dim">The baby was</span>
        {STATES.map((state) => (
          <Button
            key={state}
            aria-pressed={spell.state === state}
            onClick={() => onChange({ state: spell.state === state ? null : state }, spell.state === state ? "State taken back" : `Baby was ${state}`)}
          >
            {state}
          </Button>
        ))}
      </div>
      <input
        class="input"
        aria-label="Note on this event"
        placeholder="Note on this event"
        maxLength={500}
        defaultValue={spell.note ?? ""}
        key={spell.id}
        onChange={(event) => onChange({ note: event.currentTarget.value.trim() || null }, "Note kept")}
      />
    </div>
  );
}
