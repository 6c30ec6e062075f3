/** Who may sign in, and with which role. */
import { useState } from "preact/hooks";
import "./pages.css";
import { post, Problem, words } from "../api/client";
import type { Iso, Page } from "../api/types";
import { dayAndTime } from "../format";
import { useLoad } from "../parts/load";
import { Button, Dialog, Empty, ErrorState, Field, Loading, Tag } from "../parts/parts";
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
  const people = useLoad<Page<Person>>("/api/users");
  const [adding, setAdding] = useState(false);
  return (
    <div class="page">
      <header>
        <h1>People</h1>
        <div class="row at-end">
          <Button look="primary" onClick={() => setAdding(true)}>
            Add a person
          </Button>
        </div>
      </header>
      {people.error ? <ErrorState error={people.error} retry={people.again} /> : null}
      {people.loading && <Loading />}
      {people.data?.items.length === 0 && <Empty title="Nobody can sign in yet">Add the first person above.</Empty>}
      {people.data && people.data.items.length > 0 && (
        <div class="panel flush">
          <table class="list stack">
            <thead>
              <tr>
                <th>Name</th>
                <th>Role</th>
                <th>Signs in as</th>
                <th>Since</th>
              </tr>
            </thead>
            <tbody>
              {people.data.items.map((person) => (
                <tr key={person.id}>
                  <td>
                    {person.display_name || person.name} {person.disabled_at !== null && <Tag>disabled</Tag>}
                  </td>
                  <td>{person.role}</td>
                  <td class="dim">{person.name}</td>
                  <td class="dim">{dayAndTime(person.created_at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {adding && (
        <AddPerson
          onClose={() => setAdding(false)}
          onDone={() => {
            setAdding(false);
            people.again();
          }}
        />
      )}
    </div>
  );
}

function AddPerson({ onClose, onDone }: { readonly onClose: () => void; readonly onDone: () => void }) {
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState("");
  const add = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = Object.fromEntries(new FormData(event.currentTarget as HTMLFormElement));
    try {
      await post("/api/users", body);
      say(`${String(body["name"])} can sign in`);
      onDone();
    } catch (error) {
      setFaults(error instanceof Problem ? error.fields : {});
      setRefusal(words(error));
    }
  };
  return (
    <Dialog title="Add a person" onClose={onClose}>
      <form class="form" onSubmit={(event) => void add(event)}>
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
        {refusal && (
          <p class="wide fault" role="status">
            !! {refusal}
          </p>
        )}
        <footer class="wide">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit">
            Add
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
