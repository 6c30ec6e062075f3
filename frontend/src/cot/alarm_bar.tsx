/** The alarm lines under the header. Always there, so that nothing jumps when an alarm comes. */
import { useSignal } from "@preact/signals";
import type { Alarm, Flags } from "../api/types";
import { elapsed, timeOfDay } from "../format";
import { acknowledge, PAUSE_S, pauseSound } from "../live/actions";
import { now } from "../live/clock";
import { ward } from "../live/connection";
import type { CotLive } from "../live/store";
import { vitalOf } from "../live/vitals";
import { Icon } from "../parts/icons";
import { Button } from "../parts/parts";
import { targetWords } from "../wall/words";
import { conditions, scopeText, stacked, why } from "./conduct";

/** Alarms shown before the rest is folded away; from the third on they stand in two columns. */
const SHOWN = 4;
const ONE_COLUMN = 2;

interface Props {
  cot: CotLive;
  onSilence?: () => void;
  onWhy?: (id: number) => void;
}

const nothing = (): void => {};

export function AlarmBar({ cot, onSilence = nothing, onWhy = nothing }: Props) {
  const all = useSignal(false);
  if (ward.link.value.state === "lost")
    return (
      <div class="cot-alarms">
        <p class="cot-alarm technical">!! No connection: which alarms stand is not known here. Look at the bedside monitor.</p>
      </div>
    );
  const alarms = stacked(cot.alarms.value);
  const shown = all.value ? alarms : alarms.slice(0, SHOWN);
  return (
    <div class="cot-alarms">
      <div class={`cot-alarm-lines${alarms.length > ONE_COLUMN ? " many" : ""}`} role="group" aria-label="Alarms of this cot">
        {alarms.length === 0 && <p class="cot-alarm calm">No alarms{inTarget(cot)}</p>}
        {shown.map((alarm) => (
          <Line key={alarm.id} alarm={alarm} onWhy={onWhy} />
        ))}
        {alarms.length > SHOWN && (
          <button type="button" class="cot-alarm-more" onClick={() => (all.value = !all.value)}>
            {all.value
              ? "Show fewer"
              : `${alarms.length - SHOWN} more: ${alarms
                  .slice(SHOWN)
                  .map((alarm) => `${alarm.mark} ${alarm.text}`)
                  .join(" · ")}`}
          </button>
        )}
        <Silences flags={cot.flags.value} onSilence={onSilence} />
      </div>
      <div class="cot-alarm-actions no-print">
        {(cot.baby.value || alarms.length > 0) && <PauseButton cot={cot} />}
        {onSilence !== nothing && (
          <Button look="quiet" onClick={onSilence} title="Pause alarms, or switch one off (O)">
            Alarms …
          </Button>
        )}
      </div>
    </div>
  );
}

function inTarget(cot: CotLive): string {
  const words = targetWords(cot.inTarget.value, cot.value("fio2").value);
  return words && ` · SpO2 ${words} of the last 12 h`;
}

function Line({ alarm, onWhy }: { alarm: Alarm; onWhy: (id: number) => void }) {
  const look = `${alarm.kind === "technical" ? "technical " : ""}${alarm.priority} ${alarm.presence}`;
  return (
    <div class={`cot-alarm ${look}`}>
      <div class="cot-alarm-what">
        <button type="button" class="cot-alarm-text" title="Why did this alarm?" onClick={() => onWhy(alarm.id)}>
          {alarm.mark} {alarm.text}
        </button>
        <time aria-hidden="true">{elapsed(now.value - alarm.since)}</time>
        {conditions(alarm).map(([text, meaning]) => (
          <span key={text} class="cot-alarm-state" title={meaning}>
            {text}
          </span>
        ))}
        <span class="cot-alarm-why" title={why(alarm, vitalOf)}>
          {why(alarm, vitalOf)}
        </span>
      </div>
      {alarm.presence !== "ack" && (
        <Button class="no-print" look={alarm.priority === "high" ? "alarm" : "plain"} onClick={() => void acknowledge(alarm)} title="Acknowledge (A or Enter)">
          Acknowledge <kbd>↵</kbd>
        </Button>
      )}
    </div>
  );
}

function PauseButton({ cot }: { cot: CotLive }) {
  const until = cot.flags.value.audio_paused_until;
  const left = until === null ? 0 : until - now.value;
  const target = { id: cot.id, label: cot.label.value };
  return left > 0 ? (
    <Button aria-pressed="true" onClick={() => void pauseSound(target, 0)} title="Sound on again (P)">
      Sound paused {elapsed(left)}
    </Button>
  ) : (
    <Button onClick={() => void pauseSound(target, PAUSE_S)} title="Pause the sound of this cot (P)">
      Pause sound 2 min
    </Button>
  );
}

/** What keeps this cot quiet is never out of sight. */
function Silences({ flags, onSilence }: { flags: Flags; onSilence: () => void }) {
  const paused = (flags.alarms_paused_until ?? 0) - now.value;
  return (
    <>
      {paused > 0 && (
        <p class="cot-alarm silenced">
          <b>
            <Icon name="alarmsPaused" /> Alarms paused
          </b> <time>{elapsed(paused)}</time> left
          <Button look="quiet" onClick={onSilence}>
            Change …
          </Button>
        </p>
      )}
      {flags.off.map((off) => (
        <p key={off.scope} class="cot-alarm silenced">
          <b>
            <Icon name="alarmsOff" /> Off: {scopeText(off.scope, vitalOf)}
          </b> since {timeOfDay(off.since)} by {off.by}: {off.reason}
          <Button look="quiet" onClick={onSilence}>
            Change …
          </Button>
        </p>
      ))}
    </>
  );
}
