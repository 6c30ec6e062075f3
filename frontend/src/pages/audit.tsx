/** Who did what, when: the chained log, newest first. */
import { useState } from "preact/hooks";
import "./pages.css";
import type { Iso } from "../api/types";
import { dayAndTime } from "../format";
import { plainWords } from "../parts/facts";
import { usePages } from "../parts/pages";
import { Button, Empty, ErrorState, Field, Loading } from "../parts/parts";

interface Entry {
  readonly seq: number;
  readonly at: Iso;
  readonly actor: string | null;
  readonly role: string | null;
  readonly action: string;
  readonly subject: string | null;
  readonly detail: Readonly<Record<string, unknown>>;
  readonly address: string | null;
}

export default function AuditPage() {
  const [actor, setActor] = useState("");
  const [action, setAction] = useState("");
  const { items, error, more, again } = usePages<Entry>("/api/audit", { actor, action, limit: 100 });
  return (
    <div class="page">
      <header>
        <div>
          <h1>Audit trail</h1>
          <p>Each entry is chained to the one before. To prove it whole, run nicu audit verify.</p>
        </div>
        <div class="filters at-end no-print">
          <Field label="Who">
            <input value={actor} placeholder="anyone" onChange={(event) => setActor(event.currentTarget.value.trim())} />
          </Field>
          <Field label="What">
            <input value={action} placeholder="anything" onChange={(event) => setAction(event.currentTarget.value.trim())} />
          </Field>
        </div>
      </header>
      {error ? <ErrorState error={error} retry={again} /> : null}
      {!items && !error && <Loading />}
      {items?.length === 0 && <Empty title="No entries">{actor || action ? "Nothing matches; the names are compared exactly." : "Nobody has done anything yet."}</Empty>}
      {items && items.length > 0 && (
        <div class="panel flush" role="log" aria-label="Audit trail" aria-live="off">
          <table class="list stack">
            <thead>
              <tr>
                <th>Time</th>
                <th>Who</th>
                <th>What</th>
                <th>About</th>
                <th>Detail</th>
                <th>From</th>
              </tr>
            </thead>
            <tbody>
              {items.map((entry) => (
                <tr key={entry.seq}>
                  <td class="nowrap">{dayAndTime(entry.at, true)}</td>
                  <td title={entry.role ?? ""}>{entry.actor ?? "system"}</td>
                  <td>{entry.action}</td>
                  <td>{entry.subject ?? ""}</td>
                  <td class="dim wide">{Object.keys(entry.detail ?? {}).length ? plainWords(entry.detail) : ""}</td>
                  <td class="dim">{entry.address ?? ""}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more && (
        <div class="row no-print">
          <Button onClick={more}>Older entries</Button>
        </div>
      )}
    </div>
  );
}
