/** The A/B/D events of this baby, newest first; one click shows what happened. */
import type { Page, Spell } from "../api/types";
import { seconds } from "../format";
import { now } from "../live/clock";
import { vitalOf } from "../live/vitals";
import { briefly, when } from "../charts/ticks";
import { Empty, ErrorState, Loading, Tag } from "../parts/parts";
import type { Loaded } from "../parts/load";
import { kindLook, nadirText, newestFirst, unbroken } from "./spells";

interface Props {
  events: Loaded<Page<Spell>>;
  since: number;
  selected: number | null;
  onOpen: (id: number) => void;
}

const REVIEWED = { unreviewed: "", confirmed: "✓", rejected: "✗" } as const;

export function EventsList({ events, since, selected, onOpen }: Props) {
  const { data, error, again } = events;
  if (!data) return error ? <ErrorState error={error} retry={again} /> : <Loading />;
  if (data.items.length === 0) return <Empty title="No events">No apnea, bradycardia or desaturation since {when(since, now.value)}.</Empty>;
  return (
    <ul class="cot-events">
      {newestFirst(data.items).map((spell) => (
        <li key={spell.id}>
          <button type="button" class={`cot-event ${spell.review}${spell.id === selected ? " on" : ""}`} title="Show what happened" onClick={() => onOpen(spell.id)}>
            <b>{briefly(Date.parse(spell.started_at), now.value)}</b>
            <Tag look={kindLook(spell.kind)}>{spell.kind}</Tag>
            <span>{spell.ended_at === null ? "now" : seconds(spell.duration_s)}</span>
            <span class="cot-event-text">{unbroken(nadirText(spell, vitalOf))}</span>
            <span class="cot-event-review" title={spell.review}>
              {REVIEWED[spell.review]}
            </span>
          </button>
        </li>
      ))}
    </ul>
  );
}
