/** One's own account: password, second factors, recovery codes. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { Iso } from "../api/types";
import { dayAndTime } from "../format";
import { loadUnit } from "../live/vitals";
import { useLoad } from "../parts/load";
import { FormDialog, Listing, OfficePage } from "../parts/office";
import { type MakeOptions, makePasskey } from "../parts/passkeys";
import { Button, Dialog, Field } from "../parts/parts";
import { say } from "../parts/toast";

interface Factor {
  readonly id: number;
  readonly kind: "totp" | "passkey";
  readonly name: string;
  readonly created_at: Iso;
  readonly last_used_at: Iso | null;
}

interface Account {
  readonly display_name: string;
  readonly role: string;
  /** How this session began: `password`, `password and totp`, `single sign-on` … */
  readonly method: string;
  readonly has_password: boolean;
  readonly second_factor_required: boolean;
  readonly factors: readonly Factor[];
  readonly recovery_codes: number;
}

interface App {
  readonly step: string;
  readonly secret: string;
  readonly picture: string;
}

type Doing = "password" | "app" | "passkey" | "codes" | Factor | null;

const text = (form: FormData, name: string): string => String(form.get(name) ?? "");

function missing(data: Account): string {
  if (data.method !== "password") return "";
  if (data.factors.length > 0) return ". Sign out and in again with your second factor.";
  return data.second_factor_required ? ". Set up a second factor first: this server asks for one." : "";
}

export default function AccountPage() {
  const { data, error, again } = useLoad<Account>("/api/account");
  const [doing, setDoing] = useState<Doing>(null);
  const [app, setApp] = useState<App | null>(null);
  const [codes, setCodes] = useState<readonly string[]>([]);
  const close = (): void => (setDoing(null), setApp(null));
  const done = (what: string, shown: readonly string[] = []): void => {
    close();
    setCodes(shown);
    say(what);
    again();
    void loadUnit();
  };
  const acts: Record<string, (form: FormData) => Promise<void>> = {
    password: async (form) => {
      await post("/api/account/password", { current: text(form, "password"), new: text(form, "new") });
      done("The password is changed; other sessions have ended");
    },
    app: async (form) => setApp(await post<App>("/api/account/totp", { password: text(form, "password") })),
    passkey: async (form) => {
      const begun = await post<{ step: string; options: MakeOptions }>("/api/account/passkeys", { password: text(form, "password") });
      const body = { step: begun.step, credential: await makePasskey(begun.options), name: text(form, "name") || "passkey" };
      done("The passkey is set up", (await post<{ recovery_codes: string[] }>("/api/account/passkeys/confirm", body)).recovery_codes);
    },
    codes: async (form) => {
      const made = await post<{ recovery_codes: string[] }>("/api/account/recovery-codes", { password: text(form, "password") });
      done("There are new recovery codes; the old ones work no more", made.recovery_codes);
    },
  };
  const confirm = async (form: FormData): Promise<void> => {
    const body = { step: app?.step, code: text(form, "code"), name: text(form, "name") || "authenticator app" };
    done("The app is set up", (await post<{ recovery_codes: string[] }>("/api/account/totp/confirm", body)).recovery_codes);
  };
  const removed = (factor: Factor) => async (form: FormData): Promise<void> => {
    await post(`/api/account/factors/${factor.id}/remove`, { password: text(form, "password") });
    done(`${factor.name} is removed`);
  };
  return (
    <OfficePage
      title="Account"
      said={data ? `${data.display_name}, ${data.role}${missing(data)}` : ""}
      tools={
        <>
          {data?.has_password && <Button onClick={() => setDoing("password")}>Change the password</Button>}
          <Button onClick={() => setDoing("passkey")}>Add a passkey</Button>
          <Button look="primary" onClick={() => setDoing("app")}>
            Add an app
          </Button>
        </>
      }
    >
      <Listing items={data?.factors} error={error} again={again} heads={["Second factor", "Kind", "Since", "Last used", ""]} empty={["No second factor", "An app on a telephone or a passkey keeps a stolen password from opening anything."]}>
        {(factor) => (
          <tr key={factor.id}>
            <td>{factor.name}</td>
            <td>{factor.kind === "totp" ? "codes of an app" : "passkey"}</td>
            <td class="dim">{dayAndTime(factor.created_at)}</td>
            <td class="dim">{factor.last_used_at ? dayAndTime(factor.last_used_at) : "never"}</td>
            <td class="acts">
              <Button onClick={() => setDoing(factor)}>Remove</Button>
            </td>
          </tr>
        )}
      </Listing>
      {data && (
        <p class="row">
          {data.recovery_codes ? `${data.recovery_codes} recovery codes are left.` : "No recovery codes. Each opens this account once when everything else is lost."} <Button onClick={() => setDoing("codes")}>New recovery codes</Button>
        </p>
      )}
      {app ? (
        // A dialog of its own: nothing that was typed into the one before stays in its fields.
        <FormDialog key="app" title="Add an app" act="Confirm" send={confirm} onClose={close}>
          {() => (
            <>
              <p class="wide">Take this picture with the app, or type the secret; then type the code it shows.</p>
              <img class="wide qr" src={app.picture} alt="QR code of the secret" width="200" height="200" />
              <code class="wide">{app.secret}</code>
              <Field label="Code">
                <input name="code" required inputMode="numeric" autocomplete="one-time-code" />
              </Field>
              <Field label="What you call it">
                <input name="name" placeholder="telephone" maxLength={60} />
              </Field>
            </>
          )}
        </FormDialog>
      ) : (
        doing && (
          <FormDialog
            key="doing"
            title={typeof doing === "object" ? `Remove ${doing.name}` : { password: "Change the password", app: "Add an app", passkey: "Add a passkey", codes: "New recovery codes" }[doing]}
            act={typeof doing === "object" ? "Remove" : "Go on"}
            send={typeof doing === "object" ? removed(doing) : acts[doing]!}
            onClose={close}
          >
            {(faults) => (
              <>
                {data?.has_password && (
                  <Field label="Your password now" fault={faults["password"]}>
                    <input name="password" type="password" required autofocus autocomplete="current-password" />
                  </Field>
                )}
                {doing === "password" && (
                  <Field label="New password" hint="12 to 128 characters; a few unrelated words do well">
                    <input name="new" type="password" required minLength={12} maxLength={128} autocomplete="new-password" />
                  </Field>
                )}
                {doing === "passkey" && (
                  <Field label="What you call it">
                    <input name="name" placeholder="security key" maxLength={60} />
                  </Field>
                )}
              </>
            )}
          </FormDialog>
        )
      )}
      {codes.length > 0 && (
        <Dialog title="Recovery codes" onClose={() => setCodes([])}>
          <p>Each works once in place of a second factor. They are shown only now: print them or write them down.</p>
          <pre class="codes">{codes.join("\n")}</pre>
          <footer>
            <Button onClick={() => print()}>Print</Button>
            <Button look="primary" onClick={() => setCodes([])}>
              I have them
            </Button>
          </footer>
        </Dialog>
      )}
    </OfficePage>
  );
}
