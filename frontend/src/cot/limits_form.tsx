/** The table of limits to type into, each vital beside this baby's own values. */
import { useSignal } from "@preact/signals";
import type { LimitRow, Limits } from "../api/types";
import { vitalOf } from "../live/vitals";
import { Button } from "../parts/parts";
import { type DraftRow, type Field, fieldKey, parametersOf, rowsOf } from "./limits";
import { unitText } from "./numbers";
import { linesOf } from "./rows";
import { Spread } from "./spread";

interface Props {
  draft: readonly DraftRow[];
  limits: Limits;
  watched: ReadonlySet<string>;
  faults: ReadonlyMap<string, string>;
  onType: (key: string, text: string) => void;
}

export function LimitsForm(props: Props) {
  const all = useSignal(false);
  const rows = rowsOf(props.draft);
  const names = parametersOf(rows, props.watched);
  const shown = all.value ? names : names.filter((name) => props.watched.has(name));
  return (
    <>
      <table class="limits-form">
        <thead>
          <tr>
            <th scope="col">Vital sign</th>
            <th scope="col" class="red">Red low</th>
            <th scope="col" class="yellow">Yellow low</th>
            <th scope="col">This baby, 1–99 %</th>
            <th scope="col" class="yellow">Yellow high</th>
            <th scope="col" class="red">Red high</th>
          </tr>
        </thead>
        <tbody>
          {shown.map((name) => (
            <Line key={name} {...props} name={name} rows={rows} />
          ))}
        </tbody>
      </table>
      {shown.length < names.length && (
        <Button look="quiet" onClick={() => (all.value = true)}>
          Show {names.length - shown.length} that are not measured now
        </Button>
      )}
      <p class="dim limits-hint">An empty value never alarms. “s” is how long the value must lie beyond the limit before it alarms.</p>
    </>
  );
}

function Line({ name, rows, ...props }: Props & { name: string; rows: readonly LimitRow[] }) {
  const vital = vitalOf(name);
  const cell = (side: "low" | "high", value: "red" | "yellow") => <Cell key={side + value} {...props} draftRow={find(props.draft, name, side)} value={value} />;
  return (
    <tr>
      <th scope="row" style={{ color: `var(--${vital.colour})` }}>
        {vital.label} <small>{unitText(vital.unit)}</small>
        {find(props.draft, name, "high")?.row.note && <small class="limits-note">{find(props.draft, name, "high")!.row.note}</small>}
      </th>
      {cell("low", "red")}
      {cell("low", "yellow")}
      <td>
        <Spread of={props.limits.distribution[name]} lines={linesOf(rows, name)} colour={vital.colour} />
      </td>
      {cell("high", "yellow")}
      {cell("high", "red")}
    </tr>
  );
}

function find(draft: readonly DraftRow[], name: string, side: "low" | "high"): DraftRow | undefined {
  return draft.find(({ row }) => row.parameter === name && row.side === side);
}

type CellProps = Pick<Props, "faults" | "onType"> & { draftRow: DraftRow | undefined; value: "red" | "yellow" };

function Cell({ draftRow, value, faults, onType }: CellProps) {
  if (!draftRow) return <td class="faint">–</td>;
  const { row } = draftRow;
  const delay: Field = `${value}_delay_s`;
  const keys = [fieldKey(row, value), fieldKey(row, delay)];
  // Our own check first, then what the server said.
  const fault = keys.map((key) => faults.get(key)).find(Boolean);
  const name = `${vitalOf(row.parameter).label} ${value} ${row.side}`;
  const input = (field: Field, label: string, look: string) => (
    <input
      class={look}
      aria-label={label}
      inputMode="decimal"
      autocomplete="off"
      value={draftRow[field]}
      aria-invalid={faults.has(fieldKey(row, field)) || undefined}
      onInput={(event) => onType(fieldKey(row, field), event.currentTarget.value)}
    />
  );
  return (
    <td class={`limits-cell${fault ? " faulty" : ""}`}>
      {input(value, name, value)}
      <span>
        {input(delay, `${name} delay in seconds`, "delay")} s
      </span>
      {fault && <em role="alert">{fault}</em>}
    </td>
  );
}

