/** One cot on the wall. Numbers are bound to their signals: a tile is built once and only its text changes. */
import { useComputed } from "@preact/signals";
import { elapsed, number, roughly } from "../format";
import { acknowledge } from "../live/actions";
import { now } from "../live/clock";
import { ward } from "../live/connection";
import type { CotLive } from "../live/store";
import { vitalOf } from "../live/vitals";
import { CotName } from "../parts/cot-name";
import { Icon } from "../parts/icons";
import { Tag } from "../parts/parts";
import { preferences } from "../preferences";
import { SparkStrip } from "./spark";
import { ages, alarmLine, chosen, emphasis, eventFreeWords, lookOf, missingLine, OLD_AFTER_MS, ORIGINS, shownName, SMALL_PLACES, targetWords } from "./words";

/** A younger value needs no word about its age. */
const FRESH_MS = 2_500;

interface TileProps {
  readonly cotId: number;
  readonly focused: boolean;
  readonly onFocus: () => void;
}

export function Tile({ cotId, focused, onFocus }: TileProps) {
  const cot = ward.cot(cotId);
  const look = useComputed(() => {
    const lost = ward.link.value.state === "lost";
    const blind = cot.value("spo2").value === null && cot.value("heart_rate").value === null;
    return `tile ${lost ? "lost" : lookOf(cot.alarms.value)} ${blind ? "blind" : ""}`;
  });
  const empty = useComputed(() => cot.baby.value === null && cot.present.value.length === 0 && cot.alarms.value.length === 0 && cot.lastAt.value === null);
  const label = cot.label.value;
  const open = (
    <a
      class="tile-open"
      href={`/cots/${cotId}`}
      aria-label={`Open cot ${label}`}
      data-cot={cotId}
      tabIndex={focused ? 0 : -1}
      onFocus={onFocus}
    />
  );
  if (empty.value)
    return (
      <article class="tile empty-cot" data-label={label}>
        {open}
        <CotName label={label} />
        <span>Free</span>
      </article>
    );
  return (
    <article class={look} data-label={label}>
      {open}
      <TileHead cot={cot} />
      <div class="big">
        <TileOrigin cot={cot} />
        <Big cot={cot} parameter="spo2" />
        <Big cot={cot} parameter="heart_rate" />
      </div>
      <SparkStrip cotId={cotId} />
      <div class="small">
        {SMALL_PLACES.map((place) => (
          <Small key={place[0]} cot={cot} place={place} />
        ))}
      </div>
      <TileLine cot={cot} />
    </article>
  );
}

function TileHead({ cot }: { readonly cot: CotLive }) {
  const name = useComputed(() => shownName(cot.baby.value, preferences.value.names));
  const age = useComputed(() => ages(cot.baby.value));
  return (
    <header class="tile-head">
      <CotName label={cot.label.value} />
      <span class="who">{name}</span>
      <TileFlags cot={cot} />
      <span class="ages">{age}</span>
    </header>
  );
}

/** Where the values come from, unless from a device, and how old they are, unless fresh. */
function TileOrigin({ cot }: { readonly cot: CotLive }) {
  const freshness = useComputed(() => {
    const last = cot.lastAt.value;
    if (last === null || ward.link.value.state === "lost") return "";
    const old = now.value - last;
    return old > FRESH_MS ? roughly(old) : "";
  });
  const tag = ORIGINS[cot.origin.value ?? ""];
  return (
    <div class="tile-origin">
      <span>{freshness}</span>
      {tag && (
        <Tag look="synthetic" title="Not from a device on a baby">
          {tag}
        </Tag>
      )}
    </div>
  );
}

/** Icons of what is paused or off, with the time that is left. */
function TileFlags({ cot }: { readonly cot: CotLive }) {
  const flags = cot.flags.value;
  const audio = flags.audio_paused_until;
  const alarms = flags.alarms_paused_until;
  if (audio === null && alarms === null && flags.off.length === 0) return null;
  return (
    <span class="flags">
      {flags.off.length > 0 && (
        <span class="flag off">
          <Icon name="alarmsOff" title={`Alarms off: ${flags.off.map((off) => `${off.scope} (${off.reason}, ${off.by})`).join("; ")}`} />
          {flags.off.some((off) => off.scope === "all") ? "ALL OFF" : "OFF"}
        </span>
      )}
      {alarms !== null && (
        <span class="flag">
          <Icon name="alarmsPaused" title="Alarms paused" />
          {elapsed(alarms - now.value)}
        </span>
      )}
      {audio !== null && (
        <span class="flag">
          <Icon name="soundPaused" title="Sound paused" />
          {elapsed(audio - now.value)}
        </span>
      )}
    </span>
  );
}

function Big({ cot, parameter }: { readonly cot: CotLive; readonly parameter: string }) {
  const vital = vitalOf(parameter);
  const text = useComputed(() => number(cot.value(parameter).value, vital.decimals));
  const look = useComputed(() => {
    const value = cot.value(parameter).value;
    return `value ${value !== null && value >= 100 && parameter === "spo2" ? "wide" : ""} ${value === null ? "none" : emphasis(cot.alarms.value, parameter)}`;
  });
  return (
    <div class={`dominant c-${vital.colour}`}>
      <label>{vital.label}</label>
      <div class="digits">
        <span class={look} data-parameter={parameter}>
          {text}
        </span>
      </div>
    </div>
  );
}

function Small({ cot, place }: { readonly cot: CotLive; readonly place: readonly string[] }) {
  const shown = useComputed(() => chosen(place, cot.present.value, cot.missing.value));
  const parameter = shown.value;
  if (parameter === null) return <span />;
  return <SmallValue key={parameter} cot={cot} parameter={parameter} />;
}

const SHORT_LABELS: Readonly<Record<string, string>> = { abp_mean: "MAP", nibp_mean: "MAP", temp_skin: "T", temperature: "T", temp_core: "Tc", temp_axillary: "Tax" };

function SmallValue({ cot, parameter }: { readonly cot: CotLive; readonly parameter: string }) {
  const vital = useComputed(() => vitalOf(parameter));
  const text = useComputed(() => {
    const value = cot.value(parameter).value;
    if (value === null) return "--";
    const measured = cot.measuredAt.value[parameter];
    const old = measured !== undefined && now.value - measured > OLD_AFTER_MS;
    return number(value, vital.value.decimals) + (old ? "*" : "");
  });
  const look = useComputed(() => {
    const value = cot.value(parameter).value;
    return `c-${vital.value.colour} ${value === null ? "none" : emphasis(cot.alarms.value, parameter)}`;
  });
  return (
    <span class={look} data-parameter={parameter}>
      <i>{SHORT_LABELS[parameter] ?? vital.value.label}</i>
      {text}
    </span>
  );
}

/** The line at the foot: the alarm, else why a number is missing, else how calm it has been. */
function TileLine({ cot }: { readonly cot: CotLive }) {
  const link = ward.link.value;
  if (link.state === "lost")
    return (
      <footer class="tile-line technical">
        <span>!! No connection</span>
        <span>{elapsed(Date.now() - link.since + 0 * now.value)}</span>
      </footer>
    );
  const line = alarmLine(cot.alarms.value, cot.missing.value);
  if (line) return <AlarmFoot line={line} />;
  const missing = missingLine(cot.missing.value);
  if (missing)
    return (
      <footer class="tile-line technical">
        <span>!! {missing.text}</span>
        <span>{missing.since === null ? "" : elapsed(now.value - missing.since)}</span>
      </footer>
    );
  const calm = cot.eventFree.value;
  return (
    <footer class="tile-line">
      <span>{calm ? eventFreeWords(calm.days, calm.last_kind) : ""}</span>
      <span>{targetWords(cot.inTarget.value, cot.value("fio2").value)}</span>
    </footer>
  );
}

function AlarmFoot({ line }: { readonly line: NonNullable<ReturnType<typeof alarmLine>> }) {
  const { alarm, acknowledge: target } = line;
  const kind = alarm.kind === "technical" ? "technical" : "";
  return (
    <footer class={`tile-line alarm ${alarm.priority} ${alarm.presence} ${kind}`}>
      <span class="alarm-text">
        <span>{line.text}</span>
        {line.state && <span>· {line.state}</span>}
      </span>
      {line.more > 0 && <small class="more">+{line.more}</small>}
      {alarm.held && <Icon name="held" title="No signal: the alarm can neither be confirmed nor cleared" />}
      {alarm.presence === "ack" && <small title={`Acknowledged by ${alarm.acknowledged_by ?? "someone"}`}>✓ {alarm.acknowledged_by ?? ""}</small>}
      {alarm.presence === "latched" && target ? (
        <button type="button" class="acknowledge" aria-label="Acknowledge" onClick={() => void acknowledge(target)}>
          Ack<span>nowledge</span>
        </button>
      ) : (
        <span class="since">{elapsed(now.value - alarm.since)}</span>
      )}
    </footer>
  );
}
