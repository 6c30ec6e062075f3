/** Every alarm, newest first: why it came, what became of it, and the way to acknowledge it. */
import { useEffect, useState } from "preact/hooks";
import type { AlarmStatus, LoggedAlarm } from "../api/types";
import { AlarmDialog } from "../cot/alarm_log";
import { dayAndTime, elapsed } from "../format";
import { acknowledge } from "../live/actions";
import { now } from "../live/clock";
import { ward } from "../live/connection";
import { CotLink } from "../parts/cot-name";
import { Listing, OfficePage } from "../parts/office";
import { Button, Field } from "../parts/parts";
import { usePages } from "../parts/pages";
import { go, query } from "../router";

const STATUSES: readonly AlarmStatus[] = ["active", "acknowledged", "latched", "ended"];
const PRIORITIES = ["high", "medium", "low", "technical"] as const;

function setFilter(name: string, value: string): void {
  const filters = new URLSearchParams(query.peek());
  if (value) filters.set(name, value);
  else filters.delete(name);
  go(`/alarms${filters.size ? `?${filters}` : ""}`, true);
}

function matches(alarm: LoggedAlarm, priority: string, cot: string): boolean {
  if (priority === "technical" && alarm.kind !== "technical") return false;
  if (priority && priority !== "technical" && (alarm.worst_priority !== priority || alarm.kind === "technical")) return false;
  return !cot || (alarm.cot ?? "").toLowerCase().includes(cot.toLowerCase());
}

export default function AlarmsPage() {
  const status = query.value.get("status") ?? "";
  const priority = query.value.get("priority") ?? "";
  const cot = query.value.get("cot") ?? "";
  const { items, error, more, again } = usePages<LoggedAlarm>("/api/alarms", { status });
  const [asked, setAsked] = useState<number | null>(null);
  useRefreshOnAlarms(again);
  const shown = items?.filter((alarm) => matches(alarm, priority, cot));
  return (
    <OfficePage
      title="Alarms"
      tools={
        <>
          <Select label="Status" value={status} options={STATUSES} onChange={(value) => setFilter("status", value)} />
          <Select label="Priority" value={priority} options={PRIORITIES} onChange={(value) => setFilter("priority", value)} />
          <Field label="Cot">
            <input value={cot} placeholder="all" onInput={(event) => setFilter("cot", event.currentTarget.value)} />
          </Field>
        </>
      }
    >
      <Listing
        items={shown}
        error={error}
        again={again}
        more={more}
        heads={["Alarm", "Cot", "Status", "Since", ">Lasted", "Acknowledged by", ""]}
        empty={items?.length ? ["No alarm matches", "Widen the filters above."] : ["No alarms", "Nothing has alarmed here yet."]}
      >
        {(alarm) => <AlarmRow key={alarm.id} alarm={alarm} onChange={again} onWhy={() => setAsked(alarm.id)} />}
      </Listing>
      {asked !== null && <AlarmDialog id={asked} onClose={() => setAsked(null)} />}
    </OfficePage>
  );
}

/** Read the list again when an alarm came, changed or went; at most once a second. */
function useRefreshOnAlarms(again: () => void): void {
  const changes = ward
    .alarms()
    .map((alarm) => `${alarm.id}${alarm.presence}`)
    .join();
  useEffect(() => {
    if (!changes) return;
    const timer = setTimeout(again, 1_000);
    return () => clearTimeout(timer);
  }, [changes]);
}

interface SelectProps {
  readonly label: string;
  readonly value: string;
  readonly options: readonly string[];
  readonly onChange: (value: string) => void;
}

function Select({ label, value, options, onChange }: SelectProps) {
  return (
    <Field label={label}>
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">all</option>
        {options.map((option) => (
          <option key={option} value={option} selected={option === value}>
            {option}
          </option>
        ))}
      </select>
    </Field>
  );
}

function AlarmRow({ alarm, onChange, onWhy }: { readonly alarm: LoggedAlarm; readonly onChange: () => void; readonly onWhy: () => void }) {
  const since = new Date(alarm.since).getTime();
  const over = alarm.condition_ended_at ?? alarm.ended_at;
  const canAcknowledge = alarm.status === "active" || alarm.status === "latched";
  return (
    <tr class={`${alarm.worst_priority} ${alarm.status}`}>
      <td class="wide">
        <b>{alarm.worst_mark}</b> {alarm.text}
        {alarm.worst_mark !== alarm.mark && alarm.status !== "ended" && <small class="dim"> now {alarm.mark}</small>}
      </td>
      <td>{alarm.cot ? <CotLink label={alarm.cot} id={alarm.cot_id} /> : "Unit"}</td>
      <td>{alarm.status}</td>
      <td class="nowrap">{dayAndTime(alarm.since, true)}</td>
      <td class="num">{over === null ? <Lasting since={since} /> : elapsed(new Date(over).getTime() - since)}</td>
      <td class="dim">{alarm.acknowledged_by ?? ""}</td>
      <td class="num acts">
        {canAcknowledge && (
          <Button look={alarm.worst_priority === "high" ? "alarm" : "plain"} onClick={() => void acknowledge(alarm).then(onChange)}>
            Acknowledge
          </Button>
        )}
        <Button look="quiet" onClick={onWhy}>
          Why
        </Button>
      </td>
    </tr>
  );
}

function Lasting({ since }: { readonly since: number }) {
  return <>{elapsed(now.value - since)}</>;
}
