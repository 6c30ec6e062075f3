/** Paired screens: the walls that hang in corridors. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { Iso, Page } from "../api/types";
import { dayAndTime } from "../format";
import { useLoad } from "../parts/load";
import { FormDialog, Listing, OfficePage } from "../parts/office";
import { Button, Dialog, Field, Tag } from "../parts/parts";
import { attempt } from "../parts/toast";

interface Screen {
  readonly id: number;
  readonly name: string;
  readonly paired_at: Iso | null;
  readonly last_seen_at: Iso | null;
  readonly disabled_at: Iso | null;
}

export function Screens() {
  const { data, error, again } = useLoad<Page<Screen>>("/api/kiosks");
  const [adding, setAdding] = useState(false);
  const [code, setCode] = useState("");
  const send = async (form: FormData): Promise<void> => {
    setCode((await post<{ code: string }>("/api/kiosks", { name: String(form.get("name")) })).code);
    setAdding(false);
    again();
  };
  const off = async (screen: Screen): Promise<void> => {
    if (await attempt(`${screen.name} shows nothing any more`, () => post(`/api/kiosks/${screen.id}/disable`))) again();
  };
  return (
    <OfficePage title="Screens" said="A paired screen shows the wall with initials only and never signs out." tools={<Button onClick={() => setAdding(true)}>Pair a screen</Button>}>
      <Listing items={data?.items} error={error} again={again} heads={["Screen", "Paired", "Last seen", ""]} empty={["No paired screens", "A wall that is not signed in as anybody is paired here."]}>
        {(screen) => (
          <tr key={screen.id}>
            <td>
              {screen.name} {screen.disabled_at !== null && <Tag>disabled</Tag>}
            </td>
            <td class="dim">{screen.paired_at ? dayAndTime(screen.paired_at) : "waits for its code"}</td>
            <td class="dim">{screen.last_seen_at ? dayAndTime(screen.last_seen_at) : ""}</td>
            <td class="acts">{screen.disabled_at === null && <Button onClick={() => void off(screen)}>Disable</Button>}</td>
          </tr>
        )}
      </Listing>
      {adding && (
        <FormDialog title="Pair a screen" act="Make a code" send={send} onClose={() => setAdding(false)}>
          {(faults) => (
            <Field label="Where it hangs" fault={faults["name"]}>
              <input name="name" required maxLength={60} autofocus autocomplete="off" />
            </Field>
          )}
        </FormDialog>
      )}
      {code && (
        <Dialog title="Code of the screen" onClose={() => setCode("")}>
          <p>At the screen, open {location.host}/pair and type this within ten minutes:</p>
          <pre class="codes">{code}</pre>
          <footer>
            <Button look="primary" onClick={() => setCode("")}>
              Done
            </Button>
          </footer>
        </Dialog>
      )}
    </OfficePage>
  );
}
