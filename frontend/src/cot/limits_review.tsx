/** The last look before new limits are in force: each change old → new, those that loosen pointed out, and a reason. */
import { useSignal } from "@preact/signals";
import { vitalOf } from "../live/vitals";
import { Button, Field } from "../parts/parts";
import { type Change, changeName, changeValue, loosens } from "./limits";
import { useFocus } from "../parts/use_focus";

interface Props {
  changes: readonly Change[];
  busy: boolean;
  onBack: () => void;
  onSend: (reason: string) => void;
}

export function Review({ changes, busy, onBack, onSend }: Props) {
  const reason = useSignal("");
  const field = useFocus<HTMLInputElement>();
  const wider = changes.filter(loosens).length;
  return (
    <form
      class="limits-review"
      onSubmit={(event) => {
        event.preventDefault();
        onSend(reason.value.trim());
      }}
    >
      {changes.length === 0 && <p>All limits go back to the profile that belongs to this baby's postmenstrual age.</p>}
      {changes.length > 0 && (
        <table class="list">
          <tbody>
            {changes.map((change) => (
              <tr key={changeName(change, vitalOf)}>
                <td>{changeName(change, vitalOf)}</td>
                <td class="num dim">{changeValue(change, change.old)}</td>
                <td>→</td>
                <td class="num">
                  <b>{changeValue(change, change.new)}</b>
                </td>
                <td class="dim">{loosens(change) ? "alarms later or less" : "alarms sooner or more"}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {wider > 0 && <p class="dim">{wider === 1 ? "One change makes" : `${wider} changes make`} this display alarm later or less. The bedside monitor keeps its own limits.</p>}
      <Field label="Reason" hint="Kept with the old and the new values, your name and the time">
        <input ref={field} required minLength={3} maxLength={200} value={reason.value} onInput={(event) => (reason.value = event.currentTarget.value)} />
      </Field>
      <footer>
        <Button onClick={onBack}>Back</Button>
        <Button type="submit" look="primary" disabled={busy || reason.value.trim().length < 3}>
          {busy ? "Saving …" : "Put in force"}
        </Button>
      </footer>
    </form>
  );
}
