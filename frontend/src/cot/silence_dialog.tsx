/** Pause the alarms of this cot for some minutes, or switch one off with a reason. Never silently, never without an end in sight. */
import { useSignal } from "@preact/signals";
import { post } from "../api/client";
import type { LimitRow } from "../api/types";
import { elapsed, timeOfDay } from "../format";
import { now } from "../live/clock";
import type { CotLive } from "../live/store";
import { may, vitalOf } from "../live/vitals";
import { Icon } from "../parts/icons";
import { Button, Dialog, Field } from "../parts/parts";
import { attempt } from "../parts/toast";
import { scopeText } from "./conduct";

const MINUTES = [1, 2, 5, 10];

interface Props {
  cot: CotLive;
  limits: readonly LimitRow[];
  onClose: () => void;
}

export function SilenceDialog({ cot, limits, onClose }: Props) {
  const path = `/api/cots/${cot.id}`;
  const label = cot.label.value;
  const pause = async (seconds: number): Promise<void> => {
    const done = seconds ? `Alarms of ${label} paused for ${seconds / 60} min` : `Alarms of ${label} are on again`;
    if (await attempt(done, () => post(`${path}/alarm-pause`, { seconds }))) onClose();
  };
  const paused = (cot.flags.value.alarms_paused_until ?? 0) - now.value;
  return (
    <Dialog title={`Alarms of ${label}`} onClose={onClose}>
      <section class="silence">
        <h3>Pause all alarms of this cot</h3>
        <p class="dim">Values go on, nothing sounds or flashes. It ends by itself, after ten minutes at most. The bedside monitor is not touched.</p>
        <div class="row">
          {paused > 0 ? (
            <Button look="primary" onClick={() => void pause(0)}>
              Alarms on again ({elapsed(paused)} left)
            </Button>
          ) : (
            MINUTES.map((minutes) => (
              <Button key={minutes} disabled={!may("pause alarms")} onClick={() => void pause(minutes * 60)}>
                {minutes} min
              </Button>
            ))
          )}
        </div>
      </section>
      <OffNow cot={cot} path={path} />
      <OffForm cot={cot} path={path} limits={limits} />
      <footer>
        <Button onClick={onClose}>Close</Button>
      </footer>
    </Dialog>
  );
}

function OffNow({ cot, path }: { cot: CotLive; path: string }) {
  return (
    <>
      {cot.flags.value.off.map((off) => (
        <p key={off.scope} class="silence-off">
          <span>
            <b>
              <Icon name="alarmsOff" /> {scopeText(off.scope, vitalOf)}
            </b> off since {timeOfDay(off.since)} by {off.by}: {off.reason}
          </span>
          <Button
            look="primary"
            onClick={() => void attempt(`On again: ${scopeText(off.scope, vitalOf)}`, () => post(`${path}/alarms-off`, { scope: off.scope, off: false, reason: "on again" }))}
          >
            On again
          </Button>
        </p>
      ))}
    </>
  );
}

function OffForm({ cot, path, limits }: { cot: CotLive; path: string; limits: readonly LimitRow[] }) {
  const scope = useSignal("");
  const reason = useSignal("");
  const sure = useSignal(false);
  const known = new Set([...cot.present.value, ...Object.keys(cot.missing.value)]);
  const scopes = limits.filter((row) => known.has(row.parameter)).map((row) => `${row.parameter}:${row.side}`);
  if (!may("switch alarms off")) return <p class="dim">Your role may not switch an alarm off; a charge nurse or a physician may.</p>;
  const ready = scope.value !== "" && reason.value.trim().length >= 3 && sure.value;
  const send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const body = { scope: scope.value, off: true, reason: reason.value.trim() };
    if (!(await attempt(`Off: ${scopeText(scope.value, vitalOf)}`, () => post(`${path}/alarms-off`, body)))) return;
    scope.value = reason.value = "";
    sure.value = false;
  };
  return (
    <form class="silence" onSubmit={(event) => void send(event)}>
      <h3>Switch an alarm off</h3>
      <p class="dim">It stays off until somebody switches it on. A sign stays on the wall and here, and the reason is kept.</p>
      <div class="silence-fields">
        <Field label="Alarm">
          <select value={scope.value} onChange={(event) => (scope.value = event.currentTarget.value)}>
            <option value="">Choose …</option>
            {scopes.map((one) => (
              <option key={one} value={one}>
                {scopeText(one, vitalOf)}
              </option>
            ))}
            <option value="all">All alarms</option>
          </select>
        </Field>
        <Field label="Reason" hint="At least three letters">
          <input value={reason.value} maxLength={200} onInput={(event) => (reason.value = event.currentTarget.value)} />
        </Field>
      </div>
      <label class="row">
        <input type="checkbox" checked={sure.value} onChange={(event) => (sure.value = event.currentTarget.checked)} />
        I am watching this baby by other means
      </label>
      <Button type="submit" look="alarm" disabled={!ready}>
        Switch off
      </Button>
    </form>
  );
}
