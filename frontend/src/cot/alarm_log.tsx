/** Every alarm of this baby, and for each the answer to "why did this alarm?". */
import type { ExplainedAlarm, LoggedAlarm, Page } from "../api/types";
import { briefly } from "../charts/ticks";
import { dayAndTime, elapsed, timeOfDay } from "../format";
import { now } from "../live/clock";
import { vitalOf } from "../live/vitals";
import { Button, Dialog, Empty, ErrorState, Loading } from "../parts/parts";
import { useLoad } from "../parts/load";
import { why } from "./conduct";

const ms = (at: number | string): number => (typeof at === "number" ? at : Date.parse(at));

export function AlarmLog({ patientId, onOpen }: { patientId: number; onOpen: (id: number) => void }) {
  const { data, error, again } = useLoad<Page<LoggedAlarm>>(`/api/alarms?patient_id=${patientId}&limit=100`, 15_000);
  if (!data) return error ? <ErrorState error={error} retry={again} /> : <Loading />;
  if (data.items.length === 0) return <Empty title="No alarms yet">Every alarm of this baby is kept here.</Empty>;
  return (
    <ul class="cot-events">
      {data.items.map((alarm) => (
        <li key={alarm.id}>
          <button type="button" class="cot-event logged" title="Why did this alarm?" onClick={() => onOpen(alarm.id)}>
            <b>{briefly(ms(alarm.since), now.value)}</b>
            <span class={`log-mark ${alarm.kind === "technical" ? "technical" : alarm.worst_priority}`}>{alarm.worst_mark}</span>
            <span class="cot-event-text">{alarm.text}</span>
            <span class="dim">{lasted(alarm)}</span>
          </button>
        </li>
      ))}
    </ul>
  );
}

/** How long what it is about lasted, or what became of it until now. */
function lasted(alarm: LoggedAlarm): string {
  const over = alarm.condition_ended_at ?? alarm.ended_at;
  return over === null ? alarm.status : elapsed(ms(over) - ms(alarm.since));
}

/** The whole life of one alarm. */
export function AlarmDialog({ id, onClose }: { id: number; onClose: () => void }) {
  const { data, error, again } = useLoad<ExplainedAlarm>(`/api/alarms/${id}`, 5_000);
  return (
    <Dialog title={data ? `${data.worst_mark} ${data.text}` : "Alarm"} onClose={onClose}>
      {!data && (error ? <ErrorState error={error} retry={again} /> : <Loading />)}
      {data && (
        <>
          <p>{data.why || why({ ...data, since: ms(data.since), announced_at: ms(data.announced_at ?? data.since) }, vitalOf)}</p>
          <p class="dim">
            Began {dayAndTime(data.since, true)}
            {data.announced_at !== null && `, announced ${timeOfDay(data.announced_at, true)}`}
            {data.condition_ended_at !== null && `, over ${timeOfDay(data.condition_ended_at, true)}`}
            {data.ended_at !== null && data.ended_at !== data.condition_ended_at && `, closed ${timeOfDay(data.ended_at, true)}`}
          </p>
          <table class="list alarm-life">
            <tbody>
              {data.transitions.map((step, i) => (
                <tr key={i}>
                  <td>{timeOfDay(step.at, true)}</td>
                  <td class="nowrap">
                    {step.from ?? "–"} → <b>{step.to}</b>
                  </td>
                  <td>{step.trigger.replaceAll("_", " ")}</td>
                  <td class="num">{step.value ?? ""}</td>
                  <td class="dim">{[step.by, step.note].filter(Boolean).join(": ")}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </>
      )}
      <footer>
        <Button onClick={onClose}>Close</Button>
      </footer>
    </Dialog>
  );
}
