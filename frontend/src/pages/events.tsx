/** Apnea, bradycardia and desaturation of all babies now in cots: to be looked at and judged. */
import { useEffect, useState } from "preact/hooks";
import "./pages.css";
import { get, patch, words } from "../api/client";
import type { Page, Review, Spell } from "../api/types";
import { count, dayAndTime, number, seconds } from "../format";
import { ward } from "../live/connection";
import { vitalOf } from "../live/vitals";
import { CotName } from "../parts/cot-name";
import { Button, Empty, ErrorState, Loading, Tag } from "../parts/parts";
import { attempt } from "../parts/toast";

interface Found extends Spell {
  readonly cotId: number;
  readonly patientId: number;
}

const HOURS = [4, 12, 24, 72, 168] as const;
const AT_ONCE = 4;

/** The events of the last `hours` of every baby in a cot, newest first. */
async function gather(hours: number, signal: AbortSignal): Promise<Found[]> {
  const babies = ward.order.peek().flatMap((cotId) => {
    const baby = ward.cot(cotId).baby.peek();
    return baby ? [{ cotId, patientId: baby.patient_id }] : [];
  });
  const from = new Date(Date.now() - hours * 3_600_000).toISOString();
  const found: Found[] = [];
  const next = async (): Promise<void> => {
    for (let baby = babies.pop(); baby; baby = babies.pop()) {
      const here = baby;
      const page = await get<Page<Spell>>(`/api/patients/${here.patientId}/events`, { from }, signal);
      found.push(...page.items.map((event) => ({ ...event, ...here })));
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, next));
  return found.sort((a, b) => b.started_at.localeCompare(a.started_at));
}

export default function EventsPage() {
  const [hours, setHours] = useState<number>(24);
  const [onlyOpen, setOnlyOpen] = useState(false);
  const [events, setEvents] = useState<readonly Found[] | null>(null);
  const [error, setError] = useState<unknown>(null);
  const [round, setRound] = useState(0);
  const known = ward.order.value.length > 0;
  useEffect(() => {
    if (!known) return;
    const control = new AbortController();
    setError(null);
    gather(hours, control.signal).then(setEvents, (reason: unknown) => {
      if (!control.signal.aborted) setError(reason);
    });
    return () => control.abort();
  }, [hours, round, known]);

  const judge = async (event: Found, review: Review): Promise<void> => {
    if (!(await attempt(`${event.kind} ${review}`, () => patch(`/api/events/${event.id}`, { review })))) return;
    setEvents((list) => list?.map((one) => (one.id === event.id ? { ...one, review } : one)) ?? null);
  };
  const shown = events?.filter((event) => !onlyOpen || event.review === "unreviewed");
  return (
    <div class="page">
      <header>
        <div>
          <h1>Events</h1>
          <p>{shown ? count(shown.length, "event") : ""} of babies now in a cot</p>
        </div>
        <div class="row at-end no-print">
          {HOURS.map((span) => (
            <Button key={span} aria-pressed={span === hours} onClick={() => setHours(span)}>
              {span < 72 ? `${span} h` : `${span / 24} d`}
            </Button>
          ))}
          <Button aria-pressed={onlyOpen} onClick={() => setOnlyOpen(!onlyOpen)}>
            To review
          </Button>
        </div>
      </header>
      {error ? <ErrorState error={new Error(words(error))} retry={() => setRound(round + 1)} /> : null}
      {!events && !error && <Loading what="Gathering events" />}
      {shown && shown.length === 0 && <Empty title="No events">{onlyOpen ? "All of them are reviewed." : "No apnea, bradycardia or desaturation in this time."}</Empty>}
      {shown && shown.length > 0 && (
        <div class="panel flush" role="log" aria-label="Events" aria-live="off">
          <table class="list stack">
            <thead>
              <tr>
                <th>Time</th>
                <th>Cot</th>
                <th>Kind</th>
                <th class="num">Lasted</th>
                <th>Nadir</th>
                <th>State</th>
                <th>Review</th>
              </tr>
            </thead>
            <tbody>
              {shown.map((event) => (
                <EventRow key={event.id} event={event} judge={judge} />
              ))}
            </tbody>
          </table>
        </div>
      )}
    </div>
  );
}

const KIND_LOOK = (kind: string): string => (kind.includes("A") ? "rr" : kind.includes("B") ? "hr" : "spo2");

function EventRow({ event, judge }: { readonly event: Found; readonly judge: (event: Found, review: Review) => Promise<void> }) {
  return (
    <tr>
      <td class="nowrap">{dayAndTime(event.started_at, true)}</td>
      <td>
        <a href={`/cots/${event.cotId}`}>
          <CotName label={ward.cot(event.cotId).label.value} />
        </a>
      </td>
      <td>
        <Tag look={KIND_LOOK(event.kind)} title={`Definition ${event.definition}`}>
          {event.kind}
        </Tag>
      </td>
      <td class="num">{event.ended_at === null ? "now" : seconds(event.duration_s)}</td>
      <td class="dim">
        {Object.entries(event.nadir ?? {})
          .map(([name, value]) => `${vitalOf(name).label} ${number(value, vitalOf(name).decimals)}`)
          .join(" · ")}
      </td>
      <td class="dim">{[event.state, event.note].filter(Boolean).join(" · ")}</td>
      <td class="nowrap">
        {event.review === "unreviewed" ? (
          <>
            <Button onClick={() => void judge(event, "confirmed")}>Confirm</Button>{" "}
            <Button look="quiet" onClick={() => void judge(event, "rejected")}>
              Reject
            </Button>
          </>
        ) : (
          <>
            {event.review}{" "}
            <Button look="quiet" onClick={() => void judge(event, "unreviewed")}>
              Undo
            </Button>
          </>
        )}
      </td>
    </tr>
  );
}
