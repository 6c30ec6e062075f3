/** The second factor of a log-in: a code, a passkey, or a recovery code. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import { signedIn, waiting } from "../live/signing";
import { Door } from "../parts/door";
import { type AskOptions, provePasskey } from "../parts/passkeys";
import { Button, Field } from "../parts/parts";

const TITLES: Readonly<Record<string, string>> = { totp: "Code of the app", "recovery code": "Recovery code", passkey: "Passkey" };

export default function SecondFactorPage() {
  const { step, factors } = waiting.value ?? { step: "", factors: [] };
  const [kind, choose] = useState(factors[0] ?? "totp");
  const send = async (form: FormData): Promise<void> => {
    const credential = kind === "passkey" ? await provePasskey(await post<AskOptions>("/api/session/passkey", { step })) : null;
    await post("/api/session/second-factor", { step, kind, code: String(form.get("code") ?? ""), credential });
    await signedIn();
  };
  const said = kind === "passkey" ? "The browser asks for your passkey or security key." : "The password was right. Show the second factor.";
  return (
    <Door
      title="Second factor"
      said={said}
      act={kind === "passkey" ? "Use the passkey" : "Sign in"}
      send={send}
      foot={
        <div class="choices">
          {factors.filter((one) => one !== kind).map((one) => (
            <Button key={one} onClick={() => choose(one)}>
              {TITLES[one] ?? one}
            </Button>
          ))}
          <Button onClick={() => (waiting.value = null)}>Cancel</Button>
        </div>
      }
    >
      {kind !== "passkey" && (
        <Field label={TITLES[kind] ?? kind}>
          <input key={kind} name="code" required autocomplete="one-time-code" inputMode={kind === "totp" ? "numeric" : "text"} />
        </Field>
      )}
    </Door>
  );
}
