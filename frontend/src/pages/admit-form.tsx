/** The form that admits a baby; what the server refuses stands beside its field. */
import { post } from "../api/client";
import type { CotListed } from "../api/types";
import { FormDialog } from "../parts/office";
import { Field } from "../parts/parts";
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
  const send = async (form: FormData): Promise<void> => {
    const body = admission(form);
    await post("/api/admissions", body);
    say(`Admitted to ${body["cot"]}`);
    onDone();
  };
  return (
    <FormDialog title="Admit a baby" act="Admit" send={send} onClose={onClose}>
      {(faults) => {
        const input = (name: string, label: string, more: Record<string, unknown> = {}, hint = "") => (
          <Field label={label} fault={faults[name]} hint={hint}>
            <input name={name} aria-invalid={name in faults} autocomplete="off" {...more} />
          </Field>
        );
        return (
          <>
            <Field label="Cot" fault={faults["cot"]}>
              <select name="cot" aria-invalid={"cot" in faults}>
                {free.map((one) => (
                  <option key={one.id} selected={one.label === cot}>
                    {one.label}
                  </option>
                ))}
              </select>
            </Field>
            {input("mrn", "MRN", { required: true })}
            {input("name", "Name", { placeholder: "Lindqvist, Baby of Eva" })}
            {input("born", "Born", { type: "datetime-local" })}
            {input("ga", "Gestational age at birth", { placeholder: "28+3", pattern: "[0-9]{2}\\+[0-6]", title: "weeks+days, like 28+3" }, "weeks+days")}
            <Field label="Sex" fault={faults["sex"]}>
              <select name="sex">
                <option value="">not said</option>
                <option>female</option>
                <option>male</option>
                <option>unknown</option>
              </select>
            </Field>
            {input("weight_g", "Birth weight, g", { type: "number", min: 200, max: 8000 })}
          </>
        );
      }}
    </FormDialog>
  );
}
