/** Where the values come from, and messages that could not be placed. */
import { dayAndTime, roughly } from "../format";
import { useLoad } from "../parts/load";
import { usePages } from "../parts/pages";
import type { Iso, Origin, Page } from "../api/types";
import { plainWords } from "../parts/facts";
import { Listing, OfficePage } from "../parts/office";
import { Age, Tag } from "../parts/parts";

interface Source {
  readonly id: number;
  readonly name: string;
  readonly origin: Origin;
  readonly interval_s: number | null;
  readonly last_received_at: Iso | null;
  /** How far the clock of the source is ahead of the server's. */
  readonly offset_ms: number | null;
}

/** What was received for no baby, counted by source, cot and reason. */
interface Quarantined {
  readonly id: number;
  readonly source: string | null;
  readonly cot: string | null;
  readonly reason: string;
  readonly count: number;
  readonly first_at: Iso;
  readonly last_at: Iso;
}

/** A clock this far off is told apart. */
const NOTABLE_OFFSET_MS = 5_000;

/** `2.4 s ahead`, `12 s behind`, or that the clock agrees. */
export function clockWords(offset: number | null): string {
  if (offset === null) return "";
  if (Math.abs(offset) < 1_000) return "agrees";
  return `${roughly(Math.abs(offset))} ${offset > 0 ? "ahead" : "behind"}`;
}

const SYNTHETIC = new Set(["simulated", "replayed"]);
const REFRESH_MS = 5_000;

export default function SourcesPage() {
  const { data, error, again } = useLoad<Page<Source>>("/api/sources", REFRESH_MS);
  const held = usePages<Quarantined>("/api/quarantine");
  return (
    <OfficePage title="Sources" said="Gateways, monitors and files that send values to this unit">
      <Listing
        items={data?.items}
        error={error}
        again={again}
        heads={["Source", "Origin", ">Every", ">Its clock", ">Last heard"]}
        empty={["No source has sent anything yet", "Make a key with nicu key add NAME and give it to the gateway."]}
      >
        {(source) => (
          <tr key={source.id}>
            <td>{source.name}</td>
            <td>
              <Tag look={SYNTHETIC.has(source.origin) ? "synthetic" : ""}>{source.origin}</Tag>
            </td>
            <td class="num dim">{source.interval_s === null ? "" : `${source.interval_s} s`}</td>
            <td class="num">
              {Math.abs(source.offset_ms ?? 0) > NOTABLE_OFFSET_MS ? "!! " : ""}
              {clockWords(source.offset_ms)}
            </td>
            <td class="num">{source.last_received_at ? <Age at={new Date(source.last_received_at).getTime()} suffix=" ago" /> : "not in this run"}</td>
          </tr>
        )}
      </Listing>
      <h2>Quarantine</h2>
      <Listing {...held} heads={["Last", "Source", "Cot", "Why it was held back", ">Times"]} empty={["Nothing is held back", "Every message found its cot."]}>
        {(message) => (
          <tr key={message.id}>
            <td class="nowrap">{dayAndTime(message.last_at, true)}</td>
            <td>{message.source ?? ""}</td>
            <td>{message.cot ?? ""}</td>
            <td class="wide">{message.reason}</td>
            <td class="num dim">{plainWords(message.count)}</td>
          </tr>
        )}
      </Listing>
    </OfficePage>
  );
}
