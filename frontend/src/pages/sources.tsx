/** Where the values come from, and messages that could not be placed. */
import "./pages.css";
import { dayAndTime, roughly } from "../format";
import { useLoad } from "../parts/load";
import { usePages } from "../parts/pages";
import type { Iso, Origin, Page } from "../api/types";
import { plainWords } from "../parts/facts";
import { Age, Button, Empty, ErrorState, Loading, Tag } from "../parts/parts";

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
  const sources = useLoad<Page<Source>>("/api/sources", REFRESH_MS);
  return (
    <div class="page">
      <header>
        <div>
          <h1>Sources</h1>
          <p>Gateways, monitors and files that send values to this unit</p>
        </div>
      </header>
      {sources.error ? <ErrorState error={sources.error} retry={sources.again} /> : null}
      {sources.loading && <Loading />}
      {sources.data?.items.length === 0 && <Empty title="No source has sent anything yet">Make a key with nicu key add NAME and give it to the gateway.</Empty>}
      {sources.data && sources.data.items.length > 0 && (
        <div class="panel flush">
          <table class="list stack">
            <thead>
              <tr>
                <th>Source</th>
                <th>Origin</th>
                <th class="num">Every</th>
                <th class="num">Its clock</th>
                <th class="num">Last heard</th>
              </tr>
            </thead>
            <tbody>
              {sources.data.items.map((source) => (
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
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Quarantine />
    </div>
  );
}

function Quarantine() {
  const { items, error, more, again } = usePages<Quarantined>("/api/quarantine");
  return (
    <section class="page" style={{ padding: "0", width: "100%" }}>
      <h2>Quarantine</h2>
      {error ? <ErrorState error={error} retry={again} /> : null}
      {items?.length === 0 && <Empty title="Nothing is held back">Every message found its cot.</Empty>}
      {items && items.length > 0 && (
        <div class="panel flush">
          <table class="list stack">
            <thead>
              <tr>
                <th>Last</th>
                <th>Source</th>
                <th>Cot</th>
                <th>Why it was held back</th>
                <th class="num">Times</th>
              </tr>
            </thead>
            <tbody>
              {items.map((message) => (
                <tr key={message.id}>
                  <td class="nowrap">{dayAndTime(message.last_at, true)}</td>
                  <td>{message.source ?? ""}</td>
                  <td>{message.cot ?? ""}</td>
                  <td class="wide">{message.reason}</td>
                  <td class="num dim">{plainWords(message.count)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more && (
        <div class="row">
          <Button onClick={more}>Older</Button>
        </div>
      )}
    </section>
  );
}
