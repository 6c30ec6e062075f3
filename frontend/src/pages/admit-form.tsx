/** The form that admits a baby; what the server refuses stands beside its field. */
import { useState } from "preact/hooks";
import { post, Problem, words } from "../api/client";
import type { CotListed } from "../api/types";
import { Button, Dialog, Field } from "../parts/parts";
import { say } from "../parts/toast";

interface Props {
  readonly cot: string;
  readonly free: readonly CotListed[];
  readonly onClose: () => void;
  readonly onDone: () => void;
}

/** What the form sends: empty fields are left out, times become UTC. */
export function admission(form: FormData): Record<string, string | number> {
  const sent: Record<string, string | number> = {};
  for (const [name, raw] of form) {
    const value = String(raw).trim();
    if (!value) continue;
    sent[name] = name === "weight_g" ? Number(value) : name === "born" ? new Date(value).toISOString() : value;
  }
  return sent;
}

export function AdmitForm({ cot, free, onClose, onDone }: Props) {
  const [faults, setFaults] = useState<Readonly<Record<string, string>>>({});
  const [refusal, setRefusal] = useState("");
  const admit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault();
    const body = admission(new FormData(event.currentTarget as HTMLFormElement));
    try {
      await post("/api/admissions", body);
      say(`Admitted to ${body["cot"]}`);
      onDone();
    } catch (error) {
      setFaults(error instanceof Problem ? error.fields : {});
      setRefusal(words(error));
    }
  };
  const input = (name: string, more: Record<string, unknown> = {}) => <input name={name} aria-invalid={name in faults} autocomplete="off" {...more} />;
  return (
    <Dialog title="Admit a baby" onClose={onClose}>
      <form class="form" onSubmit={(event) => void admit(event)}>
        <Field label="Cot" fault={faults["cot"]}>
          <select name="cot" aria-invalid={"cot" in faults}>
            {free.map((one) => (
              <option key={one.id} selected={one.label === cot}>
                {one.label}
              </option>
            ))}
          </select>
        </Field>
        <Field label="MRN" fault={faults["mrn"]}>
          {input("mrn", { required: true })}
        </Field>
        <Field label="Name" fault={faults["name"]}>
          {input("name", { placeholder: "Lindqvist, Baby of Eva" })}
        </Field>
        <Field label="Born" fault={faults["born"] ?? faults["born_at"]}>
          {input("born", { type: "datetime-local" })}
        </Field>
        <Field label="Gestational age at birth" fault={faults["ga"]} hint="weeks+days">
          {input("ga", { placeholder: "28+3", pattern: "[0-9]{2}\\+[0-6]", title: "weeks+days, like 28+3" })}
        </Field>
        <Field label="Sex" fault={faults["sex"]}>
          <select name="sex">
            <option value="">not said</option>
            <option>female</option>
            <option>male</option>
            <option>unknown</option>
          </select>
        </Field>
        <Field label="Birth weight, g" fault={faults["weight_g"]}>
          {input("weight_g", { type: "number", min: 200, max: 8000 })}
        </Field>
        {refusal && (
          <p class="wide fault" role="status">
            !! {refusal}
          </p>
        )}
        <footer class="wide">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit">
            Admit
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
