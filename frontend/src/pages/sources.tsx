/** Where the values come from, and messages that could not be placed. */
import "./pages.css";
import { dayAndTime } from "../format";
import { useLoad } from "../parts/load";
import { usePages } from "../parts/pages";
import type { Iso, Ms, Page } from "../api/types";
import { Age, Button, Empty, ErrorState, Loading, Tag } from "../parts/parts";

interface Source {
  readonly id?: number;
  readonly name: string;
  readonly kind: string;
  readonly last_at?: Ms | Iso | null;
  readonly state?: string | null;
  readonly readings?: number | null;
}

interface Quarantined {
  readonly id: number;
  readonly received_at: Ms | Iso;
  readonly source: string | null;
  readonly reason: string;
  readonly summary?: string | null;
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
                <th>Kind</th>
                <th>State</th>
                <th class="num">Readings</th>
                <th class="num">Last heard</th>
              </tr>
            </thead>
            <tbody>
              {sources.data.items.map((source) => (
                <tr key={source.name}>
                  <td>{source.name}</td>
                  <td>
                    <Tag look={SYNTHETIC.has(source.kind) ? "synthetic" : ""}>{source.kind}</Tag>
                  </td>
                  <td>{source.state ?? ""}</td>
                  <td class="num">{source.readings?.toLocaleString("en").replaceAll(",", " ") ?? ""}</td>
                  <td class="num">{source.last_at ? <Age at={new Date(source.last_at).getTime()} suffix=" ago" /> : "never"}</td>
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
                <th>Received</th>
                <th>Source</th>
                <th>Why it was held back</th>
                <th>Message</th>
              </tr>
            </thead>
            <tbody>
              {items.map((message) => (
                <tr key={message.id}>
                  <td class="nowrap">{dayAndTime(message.received_at, true)}</td>
                  <td>{message.source ?? ""}</td>
                  <td class="wide">{message.reason}</td>
                  <td class="dim">{message.summary ?? ""}</td>
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
