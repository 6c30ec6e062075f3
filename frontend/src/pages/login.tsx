/** Signing in. Says before anything else what this display is not. */
import { useState } from "preact/hooks";
import { post, words } from "../api/client";
import { signedIn, type Waiting, waiting } from "../live/signing";
import { unit } from "../live/vitals";
import { useLoad } from "../parts/load";
import { Button, Field } from "../parts/parts";
import { useFocus } from "../parts/use_focus";
import { query } from "../router";

const DISCLAIMER =
  "Not a medical device. The bedside monitor is the primary alarm; do not rely on this display as the sole source of alarms.";

const REFUSALS: Readonly<Record<string, string>> = {
  unavailable: "The hospital's sign-in cannot be reached. A password of this program works, and so does emergency access.",
  denied: "The hospital's sign-in did not vouch for you.",
  role: "Your hospital account has no role here; ask an administrator.",
  name: "An account of this name is here already; ask an administrator.",
  late: "Signing in took too long; begin again.",
};

export default function LoginPage() {
  const [refusal, setRefusal] = useState(REFUSALS[query.peek().get("refused") ?? ""] ?? "");
  const [busy, setBusy] = useState(false);
  const form = useFocus<HTMLFormElement>();
  const here = unit.value;
  const stranger = here?.granted === false ? `This is ${here.name}: ${here.user?.name ?? "this screen"} belongs to another unit.` : "";
  const offered = useLoad<{ offered: boolean }>("/api/sign-on/offer").data?.offered;
  const enter = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    setBusy(true);
    try {
      const answer = await post<Partial<Waiting>>("/api/session", Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement)));
      if (answer.step && answer.factors) waiting.value = { step: answer.step, factors: answer.factors };
      else await signedIn();
    } catch (error) {
      setRefusal(words(error));
      setBusy(false);
    }
  };
  return (
    <div class="login">
      <form ref={form} class="panel" onSubmit={(event) => void enter(event)}>
        <h1>NICU Dashboard</h1>
        <p class="dim">{unit.value?.disclaimer || DISCLAIMER}</p>
        <Field label="Name">
          <input name="name" required autocomplete="username" />
        </Field>
        <Field label="Password">
          <input name="password" type="password" required autocomplete="current-password" />
        </Field>
        {(refusal || stranger) && (
          <p class="fault" role="status">
            !! {refusal || stranger}
          </p>
        )}
        <Button look="primary" type="submit" disabled={busy}>
          {busy ? "Signing in …" : "Sign in"}
        </Button>
        {offered && (
          <a class="button" href="/api/sign-on">
            Sign in with the hospital's account
          </a>
        )}
        <p class="faint">Accounts are made by an administrator.</p>
        <p class="row">
          <a href="/pair">Pair this screen</a> <a href="/emergency">Emergency access</a>
        </p>
      </form>
    </div>
  );
}
