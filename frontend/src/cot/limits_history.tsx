/** Every version of this baby's limits: when, who, what. */
import type { LimitChange, Limits } from "../api/types";
import { dayAndTime } from "../format";
import { vitalOf } from "../live/vitals";
import { Button, Empty } from "../parts/parts";

/** What was changed, unless it is the value itself. */
function fieldText(change: LimitChange & { readonly field?: string }): string {
  return change.field === undefined || change.field === "value" ? "" : change.field.replace("_s", "").replaceAll("_", " ");
}

const shown = (value: unknown): string => (value === null || value === undefined ? "none" : String(value));

export function LimitsHistory({ limits, onBack }: { limits: Limits; onBack: () => void }) {
  return (
    <>
      {limits.history.length === 0 && <Empty title="Never changed">These are the limits of the profile.</Empty>}
      <ol class="limits-history">
        {limits.history.map((entry) => (
          <li key={entry.version}>
            <b>v{entry.version}</b> {dayAndTime(entry.at)} <span class="dim">{[entry.by, (entry as { reason?: string | null }).reason].filter(Boolean).join(": ")}</span>
            <ul>
              {entry.changes.map((change, i) => (
                <li key={i}>
                  {vitalOf(change.parameter).label} {change.side} {change.level} {fieldText(change)}: {shown(change.old)} → <b>{shown(change.new)}</b>
                </li>
              ))}
            </ul>
          </li>
        ))}
      </ol>
      <footer>
        <Button onClick={onBack}>Back</Button>
      </footer>
    </>
  );
}
