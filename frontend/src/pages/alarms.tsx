/** Every alarm, newest first: why it came, what became of it, and the way to acknowledge it. */
import { useEffect, useState } from "preact/hooks";
import { useSignalEffect } from "@preact/signals";
import "./pages.css";
import type { AlarmStatus, ExplainedAlarm, LoggedAlarm } from "../api/types";
import { dayAndTime, elapsed, number, timeOfDay } from "../format";
import { acknowledge } from "../live/actions";
import { now } from "../live/clock";
import { ward } from "../live/connection";
import { CotName } from "../parts/cot-name";
import { Button, Empty, ErrorState, Field, Loading } from "../parts/parts";
import { useLoad } from "../parts/load";
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
  if (priority && priority !== "technical" && (alarm.priority !== priority || alarm.kind === "technical")) return false;
  return !cot || (alarm.cot ?? "").toLowerCase().includes(cot.toLowerCase());
}

export default function AlarmsPage() {
  const status = query.value.get("status") ?? "";
  const priority = query.value.get("priority") ?? "";
  const cot = query.value.get("cot") ?? "";
  const { items, error, more, again } = usePages<LoggedAlarm>("/api/alarms", { status });
  useRefreshOnAlarms(again);
  const shown = items?.filter((alarm) => matches(alarm, priority, cot));
  return (
    <div class="page">
      <header>
        <h1>Alarms</h1>
        <div class="filters at-end no-print">
          <Select label="Status" value={status} options={STATUSES} onChange={(value) => setFilter("status", value)} />
          <Select label="Priority" value={priority} options={PRIORITIES} onChange={(value) => setFilter("priority", value)} />
          <Field label="Cot">
            <input value={cot} placeholder="all" onInput={(event) => setFilter("cot", event.currentTarget.value)} />
          </Field>
        </div>
      </header>
      {error ? <ErrorState error={error} retry={again} /> : null}
      {!items && !error && <Loading what="Reading the alarms" />}
      {shown && shown.length === 0 && <Empty title={items?.length ? "No alarm matches" : "No alarms"}>{items?.length ? "Widen the filters above." : "Nothing has alarmed here yet."}</Empty>}
      {shown && shown.length > 0 && (
        <div class="panel flush" role="log" aria-label="Alarms" aria-live="off">
          <table class="list stack">
            <thead>
              <tr>
                <th>Alarm</th>
                <th>Cot</th>
                <th>Status</th>
                <th>Since</th>
                <th class="num">Lasted</th>
                <th>Acknowledged by</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {shown.map((alarm) => (
                <AlarmRow key={alarm.id} alarm={alarm} onChange={again} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {more && (
        <div class="row no-print">
          <Button onClick={more}>Older alarms</Button>
        </div>
      )}
    </div>
  );
}

/** Read the list again when an alarm came, changed or went; at most once a second. */
function useRefreshOnAlarms(again: () => void): void {
  const [changes, setChanges] = useState("");
  useSignalEffect(() => setChanges(ward.alarms().map((alarm) => `${alarm.id}${alarm.presence}`).join()));
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

function AlarmRow({ alarm, onChange }: { readonly alarm: LoggedAlarm; readonly onChange: () => void }) {
  const [open, setOpen] = useState(false);
  const since = new Date(alarm.since).getTime();
  const until = alarm.ended_at === null ? null : new Date(alarm.ended_at).getTime();
  const canAcknowledge = alarm.status === "active" || alarm.status === "latched";
  return (
    <>
      <tr class={`${alarm.priority} ${alarm.status}`}>
        <td class="wide">
          <span class="mark">{alarm.mark}</span> {alarm.text}
        </td>
        <td>{alarm.cot ? alarm.cot_id === null ? <CotName label={alarm.cot} /> : <a href={`/cots/${alarm.cot_id}`}><CotName label={alarm.cot} /></a> : "Unit"}</td>
        <td>{alarm.status}</td>
        <td class="nowrap">{dayAndTime(alarm.since, true)}</td>
        <td class="num">{until === null ? <Lasting since={since} /> : elapsed(until - since)}</td>
        <td class="dim">{alarm.acknowledged_by ?? ""}</td>
        <td class="num">
          {canAcknowledge && (
            <Button look={alarm.priority === "high" ? "alarm" : "plain"} onClick={() => void acknowledge(alarm).then(onChange)}>
              Acknowledge
            </Button>
          )}{" "}
          <Button look="quiet" aria-expanded={open} onClick={() => setOpen(!open)}>
            Why
          </Button>
        </td>
      </tr>
      {open && (
        <tr class="why">
          <td colSpan={7} class="wide">
            <Why id={alarm.id} />
          </td>
        </tr>
      )}
    </>
  );
}

function Lasting({ since }: { readonly since: number }) {
  return <>{elapsed(now.value - since)}</>;
}

function Why({ id }: { readonly id: number }) {
  const { data, error, again } = useLoad<ExplainedAlarm>(`/api/alarms/${id}`);
  if (error) return <ErrorState error={error} retry={again} />;
  if (!data) return <Loading />;
  return (
    <>
      <p>{data.why}</p>
      <ol class="transitions">
        {data.transitions.map((step, index) => (
          <li key={index}>
            <span class="dim">{timeOfDay(step.at, true)}</span>
            <span>
              {step.from ?? "–"} → <b>{step.to}</b>
            </span>
            <span>{step.trigger}</span>
            {step.value !== null && <span>value {number(step.value, Number.isInteger(step.value) ? 0 : 1)}</span>}
            {step.by && <span>by {step.by}</span>}
            {step.note && <span class="dim">{step.note}</span>}
          </li>
        ))}
      </ol>
    </>
  );
}
