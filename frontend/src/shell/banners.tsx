/** What must never be out of sight: lost connection, silence, technical alarms of the unit, a demonstration. */
import { useComputed } from "@preact/signals";
import { remove } from "../api/client";
import { elapsed, someOf } from "../format";
import { acknowledge } from "../live/actions";
import { now } from "../live/clock";
import { signedOut, ward } from "../live/connection";
import { byUrgency } from "../live/urgency";
import { loadUnit, unit } from "../live/vitals";
import { Button } from "../parts/parts";
import { attempt } from "../parts/toast";
import { soundState, turnSoundOn } from "../sound/sound";

export function Banners({ outside }: { readonly outside: boolean }) {
  if (outside)
    return (
      <div class="banners">
        <Lost />
      </div>
    );
  return (
    <div class="banners">
      <Lost />
      <Silent />
      <UnitAlarms />
      <Emergency />
      <Demo />
    </div>
  );
}

/** Rights beyond the role, for so long: on every page, and given back by a press. */
function Emergency() {
  const until = unit.value?.user?.emergency_until;
  const left = until ? Date.parse(until) - now.value : 0;
  if (left <= 0) return null;
  return (
    <section class="banner silent emergency" aria-label="Emergency access">
      <span>!! EMERGENCY ACCESS</span>
      <span>{elapsed(left)}</span>
      <small>What is done by it will be reviewed.</small>
      <Button onClick={() => void attempt("Emergency access ended", () => remove("/api/emergencies")).then(loadUnit)}>End it</Button>
    </section>
  );
}

function Lost() {
  const link = ward.link.value;
  if (link.state !== "lost") return null;
  return (
    <div class="banner lost">
      <span>!! {signedOut.value ? "SIGNED OUT" : "CONNECTION LOST"}</span>
      <Since since={link.since} />
      <small>{signedOut.value ? "This display shows no ward until somebody signs in." : "No value on this screen is current."} Look at the bedside monitors.</small>
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
  if (state === "on") return null;
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
  // While the connection is lost nobody knows what stands.
  if (ward.link.value.state === "lost") return null;
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

const SYNTHETIC = new Set(["simulated", "replayed"]);

/** Values that no baby gave: all of them in a demonstration, else those of the cots that are named. */
function Demo() {
  const whole = useComputed(() => (ward.head.value?.mode ?? unit.value?.mode) === "demo");
  const cots = useComputed(() => {
    const found = ward.order.value.map((id) => ward.cot(id)).filter((cot) => SYNTHETIC.has(cot.origin.value ?? ""));
    return someOf(found.map((cot) => cot.label.value));
  });
  if (whole.value)
    return (
      <div class="banner demo">
        <span>
          <b>DEMO</b> — simulated or replayed values, no baby is connected
        </span>
      </div>
    );
  if (!cots.value) return null;
  return (
    <div class="banner demo">
      <span>
        <b>NOT REAL</b> — values of {cots.value} are simulated or replayed
      </span>
    </div>
  );
}
