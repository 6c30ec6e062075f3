/** How the server is, how this display looks and sounds. */
import type { Priority } from "../api/types";
import { ward } from "../live/connection";
import { unit } from "../live/vitals";
import { Facts } from "../parts/facts";
import { useLoad } from "../parts/load";
import { OfficePage } from "../parts/office";
import { Button, ErrorState, Field, Loading } from "../parts/parts";
import { prefer, preferences, type Names, type Theme } from "../preferences";
import { soundState, testSound, toggleSound } from "../sound/sound";

const REFRESH_MS = 5_000;

export default function SystemPage() {
  const health = useLoad<Record<string, unknown>>("/api/health", REFRESH_MS);
  const user = unit.value?.user;
  return (
    <OfficePage title="System and display" said={`Version ${unit.value?.version ?? "–"} · ${user ? `signed in: ${user.name}, ${user.role}` : "nobody is signed in"}`} tools={<Button onClick={() => print()}>Print</Button>}>
      <div class="two">
        <section class="panel">
          <h2>This display</h2>
          <Looks />
        </section>
        <section class="panel">
          <h2>Sound</h2>
          <SoundDesk />
        </section>
        <section class="panel">
          <h2>
            Server <small>snapshot {ward.seq}</small>
          </h2>
          {health.error ? <ErrorState error={health.error} retry={health.again} /> : null}
          {health.loading && <Loading />}
          {health.data && <Facts of={health.data} />}
        </section>
      </div>
    </OfficePage>
  );
}

const THEMES: readonly (readonly [Theme, string])[] = [
  ["dark", "Dark"],
  ["light", "Light"],
  ["contrast", "High contrast"],
  ["colour-blind", "Colour-blind"],
];
const NAMES: readonly (readonly [Names, string])[] = [
  ["name", "Names"],
  ["initials", "Initials"],
  ["none", "Neither"],
];
const PER_PAGE = [12, 24, 36, 48, 100] as const;

function Looks() {
  const now = preferences.value;
  return (
    <div class="form">
      <fieldset class="wide" style={{ border: "0", padding: "0" }}>
        <legend class="dim">Look</legend>
        <div class="choices">
          {THEMES.map(([theme, title]) => (
            <Button key={theme} aria-pressed={now.theme === theme} onClick={() => prefer({ theme })}>
              {title}
            </Button>
          ))}
        </div>
      </fieldset>
      <fieldset class="wide" style={{ border: "0", padding: "0" }}>
        <legend class="dim">Babies are shown with</legend>
        <div class="choices">
          {NAMES.map(([names, title]) => (
            <Button key={names} aria-pressed={now.names === names} onClick={() => prefer({ names })}>
              {title}
            </Button>
          ))}
        </div>
      </fieldset>
      <Field label="Cots per page, at most">
        <select value={String(now.perPage)} onChange={(event) => prefer({ perPage: Number(event.currentTarget.value) })}>
          {PER_PAGE.map((count) => (
            <option key={count} selected={count === now.perPage}>
              {count}
            </option>
          ))}
        </select>
      </Field>
      <Field label="Single-letter keys">
        <select value={now.keys ? "on" : "off"} onChange={(event) => prefer({ keys: event.currentTarget.value === "on" })}>
          <option selected={now.keys}>on</option>
          <option selected={!now.keys}>off</option>
        </select>
      </Field>
    </div>
  );
}

const TESTS: readonly (readonly [Priority, boolean, string])[] = [
  ["high", false, "*** High"],
  ["medium", false, "** Medium"],
  ["low", false, "* Low"],
  ["medium", true, "!! Technical"],
];

function SoundDesk() {
  const on = soundState.value === "on";
  return (
    <div class="form">
      <p class="wide row">
        <span>{on ? "The sound of this display is on." : "The sound of this display is off."}</span>
        <Button look={on ? "plain" : "primary"} onClick={toggleSound}>
          {on ? "Turn sound off" : "Turn sound on"}
        </Button>
      </p>
      <div class="wide choices">
        {TESTS.map(([priority, technical, title]) => (
          <Button key={title} onClick={() => void testSound(priority, technical)}>
            Test {title}
          </Button>
        ))}
      </div>
      <div class="wide">
        <Field label={`Volume ${Math.round(preferences.value.volume * 100)} %`} hint="It cannot be turned down to silence. Test it at the bedside.">
          <input type="range" min="0.2" max="1" step="0.05" value={preferences.value.volume} onInput={(event) => prefer({ volume: Number(event.currentTarget.value) })} />
        </Field>
      </div>
    </div>
  );
}
