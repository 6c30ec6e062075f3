/** Makes this screen a paired one: from then on it shows the wall without a log-in, with initials only. */
import { post } from "../api/client";
import { restartLive } from "../live/connection";
import { loadUnit } from "../live/vitals";
import { Door } from "../parts/door";
import { Field } from "../parts/parts";
import { go } from "../router";

export default function PairPage() {
  const send = async (form: FormData): Promise<void> => {
    await post("/api/kiosks/pair", { code: String(form.get("code")) });
    await loadUnit();
    restartLive();
    go("/", true);
  };
  return (
    <Door
      title="Pair this screen"
      said="A paired screen shows the wall with initials only. Nothing can be changed on it, and it never signs out. The code comes from the page People → Screens."
      act="Pair"
      send={send}
      foot={<a href="/login">Sign in instead</a>}
    >
      <Field label="Code">
        <input name="code" required autocomplete="off" spellcheck={false} />
      </Field>
    </Door>
  );
}
