/** Who did what, when: the chained log, newest first. */
import { useState } from "preact/hooks";
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

export default function AuditPage() {
  const [actor, setActor] = useState("");
  const [action, setAction] = useState("");
  const entries = usePages<Entry>("/api/audit", { actor, action, limit: 100 });
  const filter = (label: string, all: string, value: string, set: (value: string) => void) => (
    <Field label={label}>
      <input value={value} placeholder={all} onChange={(event) => set(event.currentTarget.value.trim())} />
    </Field>
  );
  return (
    <OfficePage
      title="Audit trail"
      said="Each entry is chained to the one before. To prove it whole, run nicu audit verify."
      tools={[filter("Who", "anyone", actor, setActor), filter("What", "anything", action, setAction)]}
    >
      <Listing
        {...entries}
        heads={["Time", "Who", "What", "About", "Detail", "From"]}
        empty={["No entries", actor || action ? "Nothing matches; the names are compared exactly." : "Nobody has done anything yet."]}
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
