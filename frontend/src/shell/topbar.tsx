/** Unit, alarms by priority, the worst first, sound, time: on every page. */
import { useComputed } from "@preact/signals";
import { count, day, elapsed, timeOfDay } from "../format";
import { pauseSound } from "../live/actions";
import { now } from "../live/clock";
import { arrivals, ward } from "../live/connection";
import { loudest, tally } from "../live/urgency";
import { unit } from "../live/vitals";
import { CotName } from "../parts/cot-name";
import { Icon } from "../parts/icons";
import { Button } from "../parts/parts";
import { prefer, preferences, type Names } from "../preferences";
import { route } from "../router";
import { soundState, toggleSound } from "../sound/sound";
import { turnPage, wallPage, wallPages } from "../wall/places";
import { openMenu } from "./menu";
import { isKnown, WorstFirst } from "./worst";

export function TopBar() {
  return (
    <header class="topbar">
      <Button look="quiet" class="no-print" aria-label="Menu" title="Menu (G)" onClick={openMenu}>
        <Icon name="menu" />
      </Button>
      <UnitName />
      <Tally />
      <WorstFirst />
      <div class="controls">
        <Pager />
        <Privacy />
        <Pause />
        <Sound />
        <Heartbeat />
      </div>
      <Clock />
    </header>
  );
}

function UnitName() {
  const name = ward.head.value?.unit.name ?? unit.value?.name ?? "NICU";
  const ids = ward.order.value;
  const babies = ids.filter((id) => ward.cot(id).baby.value !== null).length;
  return (
    <a class="unit" href="/" style={{ textDecoration: "none" }}>
      {name}
      <small>
        {count(ids.length, "cot")} · {count(babies, "baby", "babies")}
      </small>
    </a>
  );
}

function Tally() {
  const counted = tally(isKnown() ? ward.alarms() : []);
  const chip = (mark: string, key: keyof typeof counted, say: string) => (
    <a class={`chip ${key} ${counted[key] ? "" : "none"}`} href={`/alarms?priority=${key}`} aria-label={`${isKnown() ? counted[key] : "unknown:"} ${say}`} title={say}>
      {mark} <b>{isKnown() ? counted[key] : "–"}</b>
    </a>
  );
  return (
    <nav class="tally" aria-label="Alarms by priority">
      {chip("***", "high", "high priority alarms")}
      {chip("**", "medium", "medium priority alarms")}
      {chip("*", "low", "low priority alarms")}
      {chip("!!", "technical", "technical alarms")}
    </nav>
  );
}

function Pager() {
  if (route.value.page !== "wall" || wallPages.value < 2) return null;
  return (
    <span class="row" style={{ flexWrap: "nowrap" }}>
      <Button look="quiet" aria-label="Previous page of cots" title="Previous page (PgUp)" onClick={() => turnPage(-1)}>
        ‹
      </Button>
      <span class="nowrap" aria-live="polite">
        {wallPage.value + 1} / {wallPages.value}
      </span>
      <Button look="quiet" aria-label="Next page of cots" title="Next page (PgDn)" onClick={() => turnPage(1)}>
        ›
      </Button>
    </span>
  );
}

const NEXT_NAMES: Readonly<Record<Names, Names>> = { name: "initials", initials: "none", none: "name" };
const NAMES_WORD: Readonly<Record<Names, string>> = { name: "Names", initials: "Initials", none: "No names" };

function Privacy() {
  const names = preferences.value.names;
  return (
    <Button look="quiet" class="names" title="Show names, initials or neither" aria-label={`Names on this screen: ${NAMES_WORD[names]}. Change`} onClick={() => prefer({ names: NEXT_NAMES[names] })}>
      <Icon name={names === "name" ? "eye" : "eyeOff"} />
      <span class="word">{NAMES_WORD[names]}</span>
    </Button>
  );
}

/** Pauses the cot that is heard now; while a pause runs, says where and how long. */
function Pause() {
  const paused = isKnown() ? ward.order.value.filter((id) => ward.cot(id).flags.value.audio_paused_until !== null) : [];
  const heard = isKnown() ? loudest(ward.alarms()) : null;
  const first = paused[0];
  if (heard?.cot_id != null) {
    const id = heard.cot_id;
    const label = ward.cot(id).label.value;
    return (
      <Button onClick={() => void pauseSound({ id, label })} title={`Pause the sound of ${label} for two minutes (P)`}>
        <Icon name="soundPaused" />
        <span class="word">
          Pause <CotName label={label} />
        </span>
      </Button>
    );
  }
  if (first === undefined) return null;
  const label = ward.cot(first).label.value;
  return (
    <Button onClick={() => void pauseSound({ id: first, label }, 0)} title={`Sound of ${label} is paused: end the pause`}>
      <Icon name="soundPaused" />
      <CotName label={label} /> {elapsed(ward.cot(first).flags.value.audio_paused_until! - now.value)}
      {paused.length > 1 && <small>+{paused.length - 1}</small>}
    </Button>
  );
}

function Sound() {
  const on = soundState.value === "on";
  return (
    <Button look="quiet" aria-pressed={on} title="Sound of this display (M)" onClick={toggleSound}>
      <Icon name={on ? "sound" : "soundOff"} />
      <span class="word">{on ? "Sound on" : "Sound off"}</span>
    </Button>
  );
}

function Heartbeat() {
  const look = useComputed(() => `heartbeat ${ward.link.value.state === "live" ? (arrivals.value % 2 ? "odd" : "") : "silent"}`);
  return <span class={look} aria-hidden="true" title="Beats with every snapshot" />;
}

function Clock() {
  const minutes = useComputed(() => timeOfDay(now.value));
  const seconds = useComputed(() => timeOfDay(now.value, true).slice(5));
  return (
    <time class="clock" aria-label="Time of the server" role="timer" aria-live="off">
      <span class="on-paper">{day(now.value)} </span>
      {minutes}
      <small>{seconds}</small>
    </time>
  );
}
