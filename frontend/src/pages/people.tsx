/** Who may sign in, and with which role. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { Iso, Page } from "../api/types";
import { dayAndTime } from "../format";
import { may } from "../live/vitals";
import { useLoad } from "../parts/load";
import { FormDialog, Listing, OfficePage } from "../parts/office";
import { Button, Empty, Field, Tag } from "../parts/parts";
import { say } from "../parts/toast";

interface Person {
  readonly id: number;
  readonly name: string;
  readonly display_name: string;
  readonly role: string;
  readonly created_at: Iso;
  readonly disabled_at: Iso | null;
}

const ROLES = ["nurse", "charge nurse", "physician", "administrator"] as const;

export default function PeoplePage() {
  if (!may("manage people"))
    return (
      <OfficePage title="People">
        <Empty title="For administrators">Your role may not see or change who signs in.</Empty>
      </OfficePage>
    );
  return <People />;
}

function People() {
  const { data, error, again } = useLoad<Page<Person>>("/api/users");
  const [adding, setAdding] = useState(false);
  return (
    <OfficePage
      title="People"
      tools={
        <Button look="primary" onClick={() => setAdding(true)}>
          Add a person
        </Button>
      }
    >
      <Listing items={data?.items} error={error} again={again} heads={["Name", "Role", "Signs in as", "Since"]} empty={["Nobody can sign in yet", "Add the first person above."]}>
        {(person) => (
          <tr key={person.id}>
            <td>
              {person.display_name || person.name} {person.disabled_at !== null && <Tag>disabled</Tag>}
            </td>
            <td>{person.role}</td>
            <td class="dim">{person.name}</td>
            <td class="dim">{dayAndTime(person.created_at)}</td>
          </tr>
        )}
      </Listing>
      {adding && <AddPerson onClose={() => setAdding(false)} onDone={again} />}
    </OfficePage>
  );
}

function AddPerson({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const send = async (form: FormData): Promise<void> => {
    await post("/api/users", Object.fromEntries(form));
    say(`${String(form.get("name"))} can sign in`);
    onClose();
    onDone();
  };
  return (
    <FormDialog title="Add a person" act="Add" send={send} onClose={onClose}>
      {(faults) => (
        <>
          <Field label="Name to sign in with" fault={faults["name"]}>
            <input name="name" required autocomplete="off" />
          </Field>
          <Field label="Name to be shown" fault={faults["display_name"]}>
            <input name="display_name" autocomplete="off" />
          </Field>
          <Field label="Role" fault={faults["role"]}>
            <select name="role">
              {ROLES.map((role) => (
                <option key={role}>{role}</option>
              ))}
            </select>
          </Field>
          <Field label="First password" fault={faults["password"]} hint="12 characters or more">
            <input name="password" type="password" required autocomplete="new-password" />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
