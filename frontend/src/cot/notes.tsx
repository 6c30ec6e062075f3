/** Notes on this baby's line of time: care, kangaroo care, anything worth a mark on the charts. */
import { useSignal } from "@preact/signals";
import { post } from "../api/client";
import type { Annotation, Page } from "../api/types";
import type { Note } from "../charts/axis";
import { briefly } from "../charts/ticks";
import { serverNow, now } from "../live/clock";
import { may } from "../live/vitals";
import { Button, Dialog, Empty, ErrorState, Field, Loading, Tag } from "../parts/parts";
import type { Loaded } from "../parts/load";
import { attempt } from "../parts/toast";
import { useFocus } from "../parts/use_focus";

/** Kinds of care, with what the charts and lists call them. */
export const CARE: readonly (readonly [kind: string, label: string])[] = [
  ["note", "Note"],
  ["kangaroo", "Kangaroo care"],
  ["feeding", "Feeding"],
  ["handling", "Handling"],
  ["suction", "Suction"],
  ["position", "Position changed"],
  ["medication", "Medication"],
];

function careLabel(kind: string): string {
  return CARE.find(([one]) => one === kind)?.[1] ?? kind;
}

const instant = (at: string | number): number => new Date(at).getTime();

/** Notes as marks on the charts. */
export function marks(notes: readonly Annotation[]): Note[] {
  return notes.map((note, i) => ({
    id: note.id ?? i,
    at: instant(note.at),
    kind: note.kind,
    text: note.text ? `${careLabel(note.kind)}: ${note.text}` : careLabel(note.kind),
  }));
}

interface ListProps {
  notes: Loaded<Page<Annotation>>;
  onGo: (at: number) => void;
  onAdd: () => void;
}

export function NotesList({ notes, onGo, onAdd }: ListProps) {
  const { data, error, again } = notes;
  if (!data) return error ? <ErrorState error={error} retry={again} /> : <Loading />;
  const sorted = [...data.items].sort((a, b) => instant(b.at) - instant(a.at));
  return (
    <>
      {sorted.length === 0 && <Empty title="No notes yet">A note marks an instant on the charts.</Empty>}
      <ul class="cot-events">
        {sorted.map((note, i) => (
          <li key={note.id ?? i}>
            <button type="button" class="cot-event note" title="Show on the charts" onClick={() => onGo(instant(note.at))}>
              <b>{briefly(instant(note.at), now.value)}</b>
              <Tag>{careLabel(note.kind)}</Tag>
              <span class="cot-event-text">{[note.text, note.by].filter(Boolean).join(" · ")}</span>
            </button>
          </li>
        ))}
      </ul>
      {may("annotate") && (
        <Button class="no-print" onClick={onAdd} title="Add a note (N)">
          Add a note
        </Button>
      )}
    </>
  );
}

interface DialogProps {
  patientId: number;
  /** The instant under the cursor, if there is one. */
  at: number | null;
  onSaved: () => void;
  onClose: () => void;
}

export function NoteDialog({ patientId, at, onSaved, onClose }: DialogProps) {
  const kind = useSignal("note");
  const field = useFocus<HTMLInputElement>();
  const text = useSignal("");
  const instant = useSignal(local(at ?? serverNow()));
  const ready = !Number.isNaN(Date.parse(instant.value)) && (kind.value !== "note" || text.value.trim() !== "");
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const body = { at: new Date(instant.value).toISOString(), kind: kind.value, text: text.value.trim() };
    if (!(await attempt(`${careLabel(kind.value)} noted`, () => post(`/api/patients/${patientId}/annotations`, body)))) return;
    onSaved();
    onClose();
  };
  return (
    <Dialog title="Add a note" onClose={onClose}>
      <form class="note-form" onSubmit={(event) => void send(event)}>
        <div class="row" role="group" aria-label="Kind">
          {CARE.map(([one, label]) => (
            <Button key={one} aria-pressed={kind.value === one} onClick={() => (kind.value = one)}>
              {label}
            </Button>
          ))}
        </div>
        <Field label="Text">
          <input ref={field} maxLength={500} value={text.value} onInput={(event) => (text.value = event.currentTarget.value)} />
        </Field>
        <Field label="When" hint={at === null ? "Now" : "At the cursor"}>
          <input type="datetime-local" step="1" value={instant.value} onInput={(event) => (instant.value = event.currentTarget.value)} />
        </Field>
        <footer>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" look="primary" disabled={!ready}>
            Add
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}

/** An instant as a datetime-local field wants it. */
function local(at: number): string {
  const d = new Date(at);
  return new Date(at - d.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}
