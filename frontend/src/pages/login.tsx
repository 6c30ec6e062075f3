/** Signing in. Says before anything else what this display is not. */
import { useState } from "preact/hooks";
import { post, words } from "../api/client";
import { restartLive } from "../live/connection";
import { loadUnit, unit } from "../live/vitals";
import { Button, Field } from "../parts/parts";
import { go, query } from "../router";

const DISCLAIMER =
  "Not a medical device. The bedside monitor is the primary alarm; do not rely on this display as the sole source of alarms.";

/** The page to open after signing in: only ever one of this program. */
export function returnPath(wanted: string | null): string {
  return wanted && /^\/(?![/\\])/.test(wanted) && !wanted.startsWith("/login") ? wanted : "/";
}

export default function LoginPage() {
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const enter = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      await post("/api/session", Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)));
      restartLive();
      await loadUnit();
      go(returnPath(query.peek().get("next")), true);
    } catch (error) {
      setRefusal(words(error));
      setBusy(false);
    }
  };
  return (
    <div class="login">
      <form class="panel" onSubmit={(event) => void enter(event)}>
        <h1>NICU Dashboard</h1>
        <p class="dim">{unit.value?.disclaimer || DISCLAIMER}</p>
        <Field label="Name">
          <input name="name" required autocomplete="username" autofocus />
        </Field>
        <Field label="Password">
          <input name="password" type="password" required autocomplete="current-password" />
        </Field>
        {refusal && (
          <p class="fault" role="status">
            !! {refusal}
          </p>
        )}
        <Button look="primary" type="submit" disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </Button>
        <p class="faint">Accounts are made by an administrator.</p>
      </form>
    </div>
  );
}
