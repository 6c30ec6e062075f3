/** The units of the store: each has its cots, its wall and its engine; an administrator adds and renames them. */
import { useState } from "preact/hooks";
import { patch, post } from "../api/client";
import { FormDialog, Listing, OfficePage } from "../parts/office";
import { Button, Field, Tag } from "../parts/parts";
import type { Loaded } from "../parts/load";
import type { Page } from "../api/types";
import { say } from "../parts/toast";

export interface Unit {
  readonly id: number;
  readonly name: string;
  readonly here: boolean;
  readonly cots: number;
}

export function Units({ loaded }: { readonly loaded: Loaded<Page<Unit>> }) {
  const { data, error, again } = loaded;
  const [doing, setDoing] = useState<Unit | "new" | null>(null);
  const close = (): void => setDoing(null);
  const send = async (form: FormData): Promise<void> => {
    const name = form.get("name");
    if (doing === "new") await post("/api/units", { name });
    else if (doing) await patch(`/api/units/${doing.id}`, { name });
    say(doing === "new" ? `${name} is added; it needs a server of its own` : `The unit is called ${name} now`);
    close();
    again();
  };
  return (
    <OfficePage title="Units" tools={<Button onClick={() => setDoing("new")}>Add a unit</Button>}>
      <Listing items={data?.items} error={error} again={again} heads={["Number", "Name", "Cots", ""]} empty={["No unit yet", "Add the first one above."]}>
        {(unit) => (
          <tr key={unit.id}>
            <td class="dim">{unit.id}</td>
            <td>
              {unit.name} {unit.here && <Tag>this wall</Tag>}
            </td>
            <td>{unit.cots}</td>
            <td class="acts">
              <Button onClick={() => setDoing(unit)}>Rename</Button>
            </td>
          </tr>
        )}
      </Listing>
      {doing && (
        <FormDialog title={doing === "new" ? "Add a unit" : `Rename ${doing.name}`} act={doing === "new" ? "Add" : "Rename"} send={send} onClose={close}>
          {(faults) => (
            <Field label="Name, as it stands on the wall" fault={faults["name"]}>
              <input name="name" required maxLength={60} autocomplete="off" value={doing === "new" ? "" : doing.name} />
            </Field>
          )}
        </FormDialog>
      )}
    </OfficePage>
  );
}

/** Whose babies a person sees: every unit, or those that are ticked. */
export function UnitChoice({ units, seen }: { readonly units: readonly Unit[]; readonly seen: readonly number[] | null }) {
  return (
    <fieldset class="wide" style={{ border: "0", padding: "0" }}>
      <legend class="dim">Units</legend>
      <label class="row">
        <input type="checkbox" name="every" checked={seen === null} /> Every unit, those to come too
      </label>
      {units.map((unit) => (
        <label key={unit.id} class="row">
          <input type="checkbox" name="unit" value={unit.id} checked={seen?.includes(unit.id) ?? false} /> {unit.name}
        </label>
      ))}
    </fieldset>
  );
}

export function unitsOf(form: FormData): readonly number[] | null {
  return form.has("every") ? null : form.getAll("unit").map(Number);
}

export function unitNames(seen: readonly number[] | null, units: readonly Unit[]): string {
  if (seen === null) return "every unit";
  return seen.map((id) => units.find((unit) => unit.id === id)?.name ?? String(id)).join(", ") || "none";
}
