/** The column of numbers: the live value or `--` with the reason, and its limits. */
import type { Alarm, LimitRow } from "../api/types";
import { NO_VALUE, number, roughly, timeOfDay } from "../format";
import { now } from "../live/clock";
import { ward } from "../live/connection";
import type { CotLive } from "../live/store";
import { worst } from "../live/urgency";
import { vitalOf } from "../live/vitals";
import { Icon } from "../parts/icons";
import { offFor, scopeText } from "./conduct";
import { linesOf } from "./rows";
import { OLD_MS, type TilePlan, tiles } from "./tiles";

export function Numbers({ cot, limits }: { cot: CotLive; limits: readonly LimitRow[] }) {
  const plans = tiles(cot.present.value, Object.keys(cot.missing.value));
  return (
    <section class={`cot-numbers${plans.length > 7 ? " many" : ""}`} aria-label="Values now">
      {plans.map((plan) => (
        <Tile key={plan.key} plan={plan} cot={cot} limits={limits} />
      ))}
    </section>
  );
}

function Tile({ plan, cot, limits }: { plan: TilePlan; cot: CotLive; limits: readonly LimitRow[] }) {
  const name = plan.names[0]!;
  const vital = vitalOf(name);
  const lost = ward.link.value.state === "lost";
  const alarm = lost ? null : worst(cot.alarms.value.filter((one) => one.parameter !== null && plan.names.includes(one.parameter)));
  const pressure = plan.names.length > 1;
  return (
    <div title={`Limits ${limitText(limits, name) || "none"}`} class={`cot-number ${plan.large ? "cot-large" : "cot-small"} ${look(alarm)}`} style={{ "--vital": `var(--${vital.colour})` }}>
      <p class="cot-number-name">
        <b>
          {pressure ? plan.key.toUpperCase() : vital.label} <span>{unitText(vital.unit)}</span>
        </b>
        <small>
          <Off cot={cot} name={name} />
          {vital.intermittent && cot.value(name).value !== null ? <Taken cot={cot} name={name} /> : limitText(limits, name)}
        </small>
      </p>
      <p class="cot-number-value">{pressure ? <Pressure cot={cot} names={plan.names} /> : <Value cot={cot} name={name} decimals={vital.decimals} />}</p>
      <Absence cot={cot} name={name} />
    </div>
  );
}

function look(alarm: Alarm | null): string {
  if (!alarm) return "";
  return `${alarm.priority} ${alarm.presence}`;
}

/** UCUM names as they are read. */
export function unitText(unit: string): string {
  return unit === "Cel" ? "°C" : unit.replace("mm[Hg]", "mmHg");
}

function limitText(limits: readonly LimitRow[], name: string): string {
  const lines = linesOf(limits, name);
  const low = lines.yellowLow ?? lines.redLow;
  const high = lines.yellowHigh ?? lines.redHigh;
  if (low === undefined && high === undefined) return "";
  return `${low ?? "–"} – ${high ?? "–"}`;
}

function Off({ cot, name }: { cot: CotLive; name: string }) {
  const off = offFor(cot.flags.value.off, name);
  return off.length ? (
    <span class="cot-number-off" title={off.map((one) => `${scopeText(one.scope, vitalOf)} is off: ${one.reason}`).join("; ")}>
      <Icon name="alarmsOff" /> off{" "}
    </span>
  ) : null;
}

function Value({ cot, name, decimals }: { cot: CotLive; name: string; decimals: number }) {
  const value = cot.value(name).value;
  return <span class={value === null ? "absent" : ""}>{number(value, decimals)}</span>;
}

function Pressure({ cot, names }: { cot: CotLive; names: readonly string[] }) {
  const [mean, systolic, diastolic] = names.map((one) => cot.value(one).value);
  if (mean == null && systolic == null && diastolic == null) return <span class="absent">{NO_VALUE}</span>;
  return (
    <>
      {number(systolic)}/{number(diastolic)} <i>{number(mean)}</i>
    </>
  );
}

/** When an intermittent value was taken; an asterisk once that is ten minutes ago. */
function Taken({ cot, name }: { cot: CotLive; name: string }) {
  const at = cot.measuredAt.value[name];
  if (at === undefined) return null;
  return (
    <>
      {timeOfDay(at)}
      {now.value - at > OLD_MS && <b title="Measured more than 10 minutes ago">*</b>}
    </>
  );
}

/** Why there is no number, and since when. */
function Absence({ cot, name }: { cot: CotLive; name: string }) {
  if (cot.value(name).value !== null) return null;
  const missing = cot.missing.value[name];
  if (ward.link.value.state === "lost") return <p class="cot-number-note">no connection</p>;
  if (!missing) return <p class="cot-number-note">not measured</p>;
  const [reason, since] = missing;
  return (
    <p class="cot-number-note">
      {reason}
      {since !== null && ` · ${roughly(now.value - since)}`}
    </p>
  );
}
