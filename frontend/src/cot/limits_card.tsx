/** The limits in force, where they come from, and the way to change them. */
import type { Limits, LimitRow } from "../api/types";
import { dayAndTime } from "../format";
import type { CotLive } from "../live/store";
import { may, vitalOf } from "../live/vitals";
import { Button, ErrorState } from "../parts/parts";
import type { Loaded } from "../parts/load";
import { parametersOf } from "./limits";

interface Props {
  cot: CotLive;
  limits: Loaded<Limits>;
  onEdit: () => void;
}

const ALWAYS = ["spo2", "heart_rate", "resp_rate", "apnea_duration"];

/** What is measured on this baby, or must always be watched. */
export function watched(cot: CotLive): Set<string> {
  return new Set([...ALWAYS, ...cot.present.value, ...Object.keys(cot.missing.value)]);
}

export function LimitsCard({ cot, limits, onEdit }: Props) {
  const { data, error, again } = limits;
  const measured = watched(cot);
  const failed = error && !data;
  return (
    <section class="panel limits-card" aria-label="Alarm limits">
      <h2>
        Limits
        <small title={data?.changed_at ? `Changed ${dayAndTime(data.changed_at)} by ${data.changed_by ?? "?"}` : ""}>
          {data && `${data.profile} · ${data.version ? `v${data.version}` : "unchanged"}`}
          {data?.changed_at && ` · ${dayAndTime(data.changed_at).slice(5)} ${data.changed_by ?? ""}`}
        </small>
        {may("change limits") && (
          <Button look="quiet" class="no-print" disabled={!data} onClick={onEdit} title="Edit limits (L)">
            Edit
          </Button>
        )}
      </h2>
      {failed ? (
        <ErrorState error={error} retry={again} />
      ) : (
        // Its lines stand before their numbers have come: what is below must not move under a finger.
        <table aria-busy={!data}>
          <tbody>
            {parametersOf(data?.limits, measured)
              .filter((name) => measured.has(name))
              .map((name) => (
                <Line key={name} name={name} rows={data?.limits.filter((row) => row.parameter === name) ?? []} />
              ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function Line({ name, rows }: { name: string; rows: readonly LimitRow[] }) {
  const low = rows.find((row) => row.side === "low");
  const high = rows.find((row) => row.side === "high");
  const note = low?.note ?? high?.note;
  return (
    <tr title={rows.map(delays).join("; ")}>
      <th scope="row">
        {vitalOf(name).label}
        {note && <small> {note}</small>}
      </th>
      <td>
        {low && (
          <>
            <Red value={low.red} /> · {low.yellow ?? "–"}
          </>
        )}
      </td>
      <td>
        {high && (
          <>
            {high.yellow ?? "–"} · <Red value={high.red} />
          </>
        )}
      </td>
    </tr>
  );
}

function Red({ value }: { value: number | null }) {
  return value === null ? <span class="faint">–</span> : <b title="red">{value}</b>;
}

function delays(row: LimitRow): string {
  return `${row.side}: red after ${row.red_delay_s} s, yellow after ${row.yellow_delay_s} s, over after ${row.off_delay_s} s`;
}
