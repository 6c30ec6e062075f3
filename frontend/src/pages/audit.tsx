/** Who did what, when: the chained log, newest first. */
import { useState } from "preact/hooks";
import { url } from "../api/client";
import type { Iso } from "../api/types";
import { dayAndTime } from "../format";
import { plainWords } from "../parts/facts";
import { Listing, OfficePage } from "../parts/office";
import { usePages } from "../parts/pages";
import { Field } from "../parts/parts";

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

/** The first moment of a day on this display's clock; nothing for no day. */
function dayBegins(day: string): string {
  return day && new Date(`${day}T00:00`).toISOString();
}

export default function AuditPage() {
  const [actor, setActor] = useState("");
  const [action, setAction] = useState("");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const asked = { actor, action, from: dayBegins(from), to: dayBegins(to) };
  const entries = usePages<Entry>("/api/audit", { ...asked, limit: 100 });
  const filter = (label: string, all: string, value: string, set: (value: string) => void) => (
    <Field label={label}>
      <input value={value} placeholder={all} onChange={(event) => set(event.currentTarget.value.trim())} />
    </Field>
  );
  const day = (label: string, value: string, set: (value: string) => void) => (
    <Field label={label}>
      <input type="date" value={value} onChange={(event) => set(event.currentTarget.value)} />
    </Field>
  );
  const file = (form: string) => (
    <a class="button" href={url("/api/audit/export", { ...asked, form })} download>
      {form.toUpperCase()}
    </a>
  );
  return (
    <OfficePage
      title="Audit trail"
      said="Each entry is chained to the one before. To prove it whole, run nicu audit verify."
      tools={[
        filter("Who", "anyone", actor, setActor),
        filter("What", "anything", action, setAction),
        day("From", from, setFrom),
        day("To", to, setTo),
        file("csv"),
        file("json"),
      ]}
    >
      <Listing
        {...entries}
        heads={["Time", "Who", "What", "About", "Detail", "From"]}
        empty={["No entries", actor || action || from || to ? "Nothing matches; the names are compared exactly." : "Nobody has done anything yet."]}
      >
        {(entry) => (
          <tr key={entry.seq}>
            <td class="nowrap">{dayAndTime(entry.at, true)}</td>
            <td title={entry.role ?? ""}>{entry.actor ?? "system"}</td>
            <td>{entry.action}</td>
            <td>{entry.subject ?? ""}</td>
            <td class="dim wide">{Object.keys(entry.detail ?? {}).length ? plainWords(entry.detail) : ""}</td>
            <td class="dim">{entry.address ?? ""}</td>
          </tr>
        )}
      </Listing>
    </OfficePage>
  );
}
