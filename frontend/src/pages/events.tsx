/** Apnea, bradycardia and desaturation of all babies now in cots: to be looked at and judged. */
import { useMemo, useState } from "preact/hooks";
import { url } from "../api/client";
import type { LimitRow, Page, Spell } from "../api/types";
import { EventDialog } from "../cot/event_dialog";
import { kindLook, nadirText } from "../cot/spells";
import { count, dayAndTime, seconds } from "../format";
import { serverNow } from "../live/clock";
import { ward } from "../live/connection";
import { vitalOf } from "../live/vitals";
import { CotLink } from "../parts/cot-name";
import { useLoad } from "../parts/load";
import { Listing, OfficePage } from "../parts/office";
import { Button, Tag } from "../parts/parts";

/** An event of any baby, with the label of the cot where it happened. */
interface Found extends Spell {
  readonly cot: string | null;
}

const HOURS = [4, 12, 24, 72, 168] as const;
const REFRESH_MS = 30_000;
const NO_LIMITS: readonly LimitRow[] = [];

export default function EventsPage() {
  const [hours, setHours] = useState<number>(24);
  const [onlyOpen, setOnlyOpen] = useState(false);
  const path = useMemo(() => url("/api/events", { from: new Date(serverNow() - hours * 3_600_000).toISOString() }), [hours]);
  const { data, error, again } = useLoad<Page<Found>>(path, REFRESH_MS);
  const [opened, setOpened] = useState<number | null>(null);
  const shown = data?.items.filter((event) => !onlyOpen || event.review === "unreviewed");
  const at = shown?.findIndex((event) => event.id === opened) ?? -1;
  const spell = data?.items.find((event) => event.id === opened);
  // Newest first: the earlier event is the next one of the list.
  const step = (back: boolean): void => setOpened(shown?.[at + (back ? 1 : -1)]?.id ?? opened);
  return (
    <OfficePage
      title="Events"
      said={shown && `${count(shown.length, "event")} of babies now in a cot`}
      tools={
        <>
          {HOURS.map((span) => (
            <Button key={span} aria-pressed={span === hours} onClick={() => setHours(span)}>
              {span < 72 ? `${span} h` : `${span / 24} d`}
            </Button>
          ))}
          <Button aria-pressed={onlyOpen} onClick={() => setOnlyOpen(!onlyOpen)}>
            To review
          </Button>
        </>
      }
    >
      <Listing
        items={shown}
        error={error}
        again={again}
        heads={["Time", "Cot", "Kind", ">Lasted", "Deepest", "Note", ">Review"]}
        empty={["No events", onlyOpen ? "All of them are reviewed." : "No apnea, bradycardia or desaturation in this time."]}
      >
        {(event) => <EventRow key={event.id} event={event} onOpen={() => setOpened(event.id)} />}
      </Listing>
      {spell && <EventDialog spell={spell} limits={NO_LIMITS} onStep={step} onChanged={again} onClose={() => setOpened(null)} />}
    </OfficePage>
  );
}

/** The cot of a label, if it is still one of this unit. */
function idOf(label: string | null): number | undefined {
  return ward.order.value.find((id) => ward.cot(id).label.value === label);
}

function EventRow({ event, onOpen }: { readonly event: Found; readonly onOpen: () => void }) {
  return (
    <tr>
      <td class="nowrap">{dayAndTime(event.started_at, true)}</td>
      <td>
        <CotLink label={event.cot ?? "–"} id={idOf(event.cot)} />
      </td>
      <td>
        <Tag look={kindLook(event.kind)} title={`Definition ${event.definition}`}>
          {event.kind}
        </Tag>
      </td>
      <td class="num">{event.ended_at === null ? "now" : seconds(event.duration_s)}</td>
      <td>{nadirText(event, vitalOf)}</td>
      <td class="dim">{event.note ?? ""}</td>
      <td class="num acts">
        {event.review === "unreviewed" ? "" : event.review}
        <Button look={event.review === "unreviewed" ? "plain" : "quiet"} onClick={onOpen}>
          {event.review === "unreviewed" ? "Review" : "Show"}
        </Button>
      </td>
    </tr>
  );
}
