/** Every version of this baby's limits: when, who, what. */
import type { Limits } from "../api/types";
import { dayAndTime } from "../format";
import { vitalOf } from "../live/vitals";
import { Button, Empty } from "../parts/parts";

export function LimitsHistory({ limits, onBack }: { limits: Limits; onBack: () => void }) {
  return (
    <>
      {limits.history.length === 0 && <Empty title="Never changed">These are the limits of the profile.</Empty>}
      <ol class="limits-history">
        {limits.history.map((entry) => (
          <li key={entry.version}>
            <b>v{entry.version}</b> {dayAndTime(entry.at)} <span class="dim">{entry.by}</span>
            <ul>
              {entry.changes.map((change, i) => (
                <li key={i}>
                  {vitalOf(change.parameter).label} {change.side} {change.level}: {change.old ?? "none"} → <b>{change.new ?? "none"}</b>
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
