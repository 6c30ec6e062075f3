/** Who may sign in, and with which role; screens that are paired; emergency access to be reviewed. */
import { useState } from "preact/hooks";
import { patch, post } from "../api/client";
import type { Iso, Page } from "../api/types";
import { dayAndTime } from "../format";
import { may, unit } from "../live/vitals";
import { useLoad } from "../parts/load";
import { FormDialog, Listing, OfficePage } from "../parts/office";
import { Button, Empty, Field, Loading, Tag } from "../parts/parts";
import { say } from "../parts/toast";
import { Emergencies } from "./emergencies";
import { Screens } from "./screens";
import { type Unit, UnitChoice, Units, unitNames, unitsOf } from "./units";

interface Person {
  readonly id: number;
  readonly name: string;
  readonly display_name: string;
  readonly role: string;
  readonly units: readonly number[] | null;
  readonly created_at: Iso;
  readonly disabled_at: Iso | null;
}

const ROLES = ["nurse", "charge nurse", "physician", "clerk", "engineer", "researcher", "administrator"] as const;

export default function PeoplePage() {
  // Who may see what is known first: a list that goes again would move the others.
  if (!unit.value) return <Loading />;
  if (!may("pair screens"))
    return (
      <OfficePage title="People">
        <Empty title="For administrators">Your role may not see or change who signs in.</Empty>
      </OfficePage>
    );
  return (
    <>
      {may("manage people") && <Staff />}
      <Screens />
      <Emergencies />
    </>
  );
}

function Staff() {
  const units = useLoad<Page<Unit>>("/api/units");
  return (
    <>
      <People units={units.data?.items ?? []} />
      <Units loaded={units} />
    </>
  );
}

function People({ units }: { readonly units: readonly Unit[] }) {
  const { data, error, again } = useLoad<Page<Person>>("/api/users");
  const [doing, setDoing] = useState<Person | "new" | null>(null);
  const close = (): void => setDoing(null);
  return (
    <OfficePage
      title="People"
      tools={
        <Button look="primary" onClick={() => setDoing("new")}>
          Add a person
        </Button>
      }
    >
      <Listing items={data?.items} error={error} again={again} heads={["Name", "Role", "Units", "Signs in as", "Since", ""]} empty={["Nobody can sign in yet", "Add the first person above."]}>
        {(person) => (
          <tr key={person.id}>
            <td>
              {person.display_name || person.name} {person.disabled_at !== null && <Tag>disabled</Tag>}
            </td>
            <td>{person.role}</td>
            <td>{unitNames(person.units, units)}</td>
            <td class="dim">{person.name}</td>
            <td class="dim">{dayAndTime(person.created_at)}</td>
            <td class="acts">
              <Button onClick={() => setDoing(person)}>Change</Button>
            </td>
          </tr>
        )}
      </Listing>
      {doing === "new" && <AddPerson units={units} onClose={close} onDone={again} />}
      {doing !== null && doing !== "new" && <ChangePerson person={doing} units={units} onClose={close} onDone={again} />}
    </OfficePage>
  );
}

interface FormProps {
  readonly units: readonly Unit[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Rights({ person, units, faults }: { readonly person?: Person; readonly units: readonly Unit[]; readonly faults: Readonly<Record<string, string>> }) {
  return (
    <>
      <Field label="Role" fault={faults["role"]}>
        <select name="role">
          {ROLES.map((role) => (
            <option key={role} selected={role === person?.role}>
              {role}
            </option>
          ))}
        </select>
      </Field>
      <UnitChoice units={units} seen={person ? person.units : null} />
    </>
  );
}

function ChangePerson({ person, units, onClose, onDone }: FormProps & { readonly person: Person }) {
  const send = async (form: FormData): Promise<void> => {
    const password = String(form.get("password") ?? "");
    await patch(`/api/users/${person.id}`, {
      role: form.get("role"),
      units: unitsOf(form),
      disabled: form.has("disabled"),
      reset_factors: form.has("reset"),
      ...(password ? { password } : {}),
    });
    say(`${person.name} is changed; it counts at once`);
    onClose();
    onDone();
  };
  return (
    <FormDialog title={`Change ${person.display_name || person.name}`} act="Change" send={send} onClose={onClose}>
      {(faults) => (
        <>
          <Rights person={person} units={units} faults={faults} />
          <Field label="New password" fault={faults["password"]} hint="empty: it stays">
            <input name="password" type="password" autocomplete="new-password" />
          </Field>
          <label class="wide row">
            <input type="checkbox" name="reset" /> Remove lost second factors and recovery codes
          </label>
          <label class="wide row">
            <input type="checkbox" name="disabled" checked={person.disabled_at !== null} /> Disabled: out at once
          </label>
        </>
      )}
    </FormDialog>
  );
}

function AddPerson({ units, onClose, onDone }: FormProps) {
  const send = async (form: FormData): Promise<void> => {
    const { every: _, unit: __, ...said } = Object.fromEntries(form);
    await post("/api/users", { ...said, units: unitsOf(form) });
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
          <Rights units={units} faults={faults} />
          <Field label="First password" fault={faults["password"]} hint="12 characters or more">
            <input name="password" type="password" required autocomplete="new-password" />
          </Field>
        </>
      )}
    </FormDialog>
  );
}
