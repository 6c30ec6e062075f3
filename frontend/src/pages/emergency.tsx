/** Break-glass: for whoever is signed in a reason is enough; everybody else shows a recovery code. */
import { post } from "../api/client";
import { signedIn } from "../live/signing";
import { loadUnit, unit } from "../live/vitals";
import { Door } from "../parts/door";
import { Field } from "../parts/parts";
import { go } from "../router";

const SAID = "For 60 minutes: the rights of a charge nurse in every unit. Somebody else will review each use.";

const RUNS = "It runs already, for as long as the bar above says. Break glass again only for another reason.";

export default function EmergencyPage() {
  const user = unit.value?.user;
  const isIn = user && user.role !== "kiosk";
  const runs = !!user?.emergency_until;
  const send = async (form: FormData): Promise<void> => {
    await post(isIn ? "/api/emergencies" : "/api/session/emergency", Object.fromEntries(form));
    if (!isIn) return signedIn();
    await loadUnit();
    go("/");
  };
  return (
    <Door title="Emergency access" said={runs ? RUNS : SAID} act={runs ? "Break glass again" : "Break glass"} send={send} foot={!isIn && <a href="/login">Sign in instead</a>}>
      {!isIn && (
        <>
          <Field label="Name">
            <input name="name" required autocomplete="username" />
          </Field>
          <Field label="Recovery code">
            <input name="code" required autocomplete="off" spellcheck={false} />
          </Field>
        </>
      )}
      <Field label="Why" hint="10 characters or more">
        <textarea name="reason" required minLength={10} maxLength={500} rows={3} />
      </Field>
    </Door>
  );
}
