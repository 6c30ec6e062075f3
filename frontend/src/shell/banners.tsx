/** What must never be out of sight: lost connection, silence, technical alarms of the unit, a demonstration. */
import { useComputed } from "@preact/signals";
import { elapsed } from "../format";
import { acknowledge } from "../live/actions";
import { now } from "../live/clock";
import { ward } from "../live/connection";
import { byUrgency } from "../live/urgency";
import { unit } from "../live/vitals";
import { Button } from "../parts/parts";
import { route } from "../router";
import { soundState, turnSoundOn } from "../sound/sound";

export function Banners() {
  return (
    <div class="banners">
      <Lost />
      <Silent />
      <UnitAlarms />
      <Demo />
    </div>
  );
}

function Lost() {
  const link = ward.link.value;
  if (link.state !== "lost") return null;
  return (
    <div class="banner lost">
      <span>!! CONNECTION LOST</span>
      <Since since={link.since} />
      <small>No value on this screen is current. Look at the bedside monitors.</small>
    </div>
  );
}

/** Time since an instant of this browser's own clock. */
function Since({ since }: { readonly since: number }) {
  now.value;
  return <span>{elapsed(Date.now() - since)}</span>;
}

function Silent() {
  const state = soundState.value;
  if (state === "on" || route.value.page === "login") return null;
  return (
    <div class="banner silent">
      <span>!! SOUND OFF</span>
      {state === "unavailable" ? (
        <span>This browser cannot play alarm sounds.</span>
      ) : (
        <Button onClick={() => void turnSoundOn()}>Turn sound on</Button>
      )}
    </div>
  );
}

function UnitAlarms() {
  const alarms = [...(ward.head.value?.alarms ?? [])].sort(byUrgency);
  return (
    <>
      {alarms.map((alarm) => (
        <div key={alarm.id} class={`banner technical ${alarm.priority}`}>
          <span>
            {alarm.mark} {alarm.text}
          </span>
          <span>{elapsed(now.value - alarm.since)}</span>
          {alarm.presence !== "ack" && <Button onClick={() => void acknowledge(alarm)}>Acknowledge</Button>}
        </div>
      ))}
    </>
  );
}

function Demo() {
  const shown = useComputed(() => {
    if (ward.head.value?.mode === "demo" || unit.value?.mode === "demo") return true;
    return ward.order.value.some((id) => ["simulated", "replayed"].includes(ward.cot(id).origin.value ?? ""));
  });
  if (!shown.value) return null;
  return (
    <div class="banner demo">
      <span>
        <b>DEMO</b> — simulated or replayed values, no baby is connected
      </span>
    </div>
  );
}
