/** Who lies where: admit, transfer, discharge, and cots that are added. */
import { useState } from "preact/hooks";
import { post } from "../api/client";
import type { CotListed, Page, Patient } from "../api/types";
import { count, dayAndTime } from "../format";
import { CotLink, CotName } from "../parts/cot-name";
import { useLoad } from "../parts/load";
import { FormDialog, Listing, OfficePage } from "../parts/office";
import { Button, Field } from "../parts/parts";
import { attempt } from "../parts/toast";
import { go, query } from "../router";
import { AdmitForm } from "./admit-form";

type Doing =
  | { readonly what: "admit"; readonly cot: string }
  | { readonly what: "transfer" | "discharge"; readonly cot: CotListed }
  | null;

export default function AdmissionsPage() {
  const cots = useLoad<Page<CotListed>>("/api/cots");
  const patients = useLoad<Page<Patient>>("/api/patients?limit=1000");
  const asked = query.peek().get("cot");
  const [doing, setDoing] = useState<Doing>(asked ? { what: "admit", cot: asked } : null);
  const list = cots.data?.items;
  const taken = list?.filter((cot) => cot.baby).length ?? 0;
  // A form that an address asked for is done with: the address says so, too.
  const close = (): void => {
    setDoing(null);
    if (asked) go("/admissions", true);
  };
  const done = (): void => {
    close();
    cots.again();
    patients.again();
  };
  const free = list?.filter((cot) => !cot.baby) ?? [];
  const patientOf = (cot: CotListed): Patient | undefined => patients.data?.items.find((patient) => patient.id === cot.baby?.patient_id);
  return (
    <OfficePage
      title="Admissions"
      said={list ? `${count(list.length, "cot")}, ${taken} taken, ${free.length} free` : ""}
      tools={
        <>
          <AddCot onDone={done} />
          <Button look="primary" disabled={free.length === 0} onClick={() => setDoing({ what: "admit", cot: free[0]?.label ?? "" })}>
            Admit a baby
          </Button>
        </>
      }
    >
      <Listing
        items={list}
        error={cots.error}
        again={cots.again}
        heads={["Cot", "Baby", "MRN", "Born at", "PMA", "Admitted", ""]}
        empty={["No cots yet", "Add the first one above, with the name that stands at the bedside."]}
      >
        {(cot) => <CotRow key={cot.id} cot={cot} patient={patientOf(cot)} onDo={setDoing} />}
      </Listing>
      {doing?.what === "admit" && <AdmitForm cot={doing.cot} free={free} onClose={close} onDone={done} />}
      {doing?.what === "transfer" && <Transfer cot={doing.cot} free={free} onClose={close} onDone={done} />}
      {doing?.what === "discharge" && <Discharge cot={doing.cot} onClose={close} onDone={done} />}
    </OfficePage>
  );
}

interface CotRowProps {
  readonly cot: CotListed;
  readonly patient: Patient | undefined;
  readonly onDo: (doing: Doing) => void;
}

function CotRow({ cot, patient, onDo }: CotRowProps) {
  if (!cot.baby)
    return (
      <tr>
        <td>
          <CotName label={cot.label} />
        </td>
        <td class="faint" colSpan={5}>
          Free
        </td>
        <td class="num acts">
          <Button look="quiet" onClick={() => onDo({ what: "admit", cot: cot.label })}>
            Admit
          </Button>
        </td>
      </tr>
    );
  return (
    <tr>
      <td>
        <CotLink label={cot.label} id={cot.id} />
      </td>
      <td>{patient?.name ?? cot.baby.name ?? cot.baby.short}</td>
      <td class="dim">{patient?.mrn ?? ""}</td>
      <td class="dim">{patient?.ga ?? ""}</td>
      <td class="dim">{patient?.pma ?? ""}</td>
      <td class="dim nowrap">{dayAndTime(patient?.admission?.admitted_at)}</td>
      <td class="num acts">
        <Button look="quiet" onClick={() => onDo({ what: "transfer", cot })}>
          Transfer
        </Button>
        <Button look="quiet" onClick={() => onDo({ what: "discharge", cot })}>
          Discharge
        </Button>
      </td>
    </tr>
  );
}

function AddCot({ onDone }: { readonly onDone: () => void }) {
  const [label, setLabel] = useState("");
  const add = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (await attempt(`Cot ${label} added`, () => post("/api/cots", { label: label.trim() }))) {
      setLabel("");
      onDone();
    }
  };
  return (
    <form class="row" onSubmit={(event) => void add(event)}>
      <input class="input" style={{ width: "9em" }} aria-label="Label of a new cot" placeholder="NICU-25" value={label} required onInput={(event) => setLabel(event.currentTarget.value)} />
      <Button type="submit">Add cot</Button>
    </form>
  );
}

interface MoveProps {
  readonly cot: CotListed;
  readonly onClose: () => void;
  readonly onDone: () => void;
}

function Transfer({ cot, free, onClose, onDone }: MoveProps & { readonly free: readonly CotListed[] }) {
  const move = async (form: FormData): Promise<void> => {
    await post("/api/admissions/transfer", { patient_id: cot.baby?.patient_id, cot: form.get("cot") });
    onDone();
  };
  return (
    <FormDialog title={`Move ${cot.baby?.name ?? cot.baby?.short} from ${cot.label}`} act="Move" send={move} onClose={onClose}>
      {(faults) => (
        <Field label="To cot" fault={faults["cot"]} hint={free.length ? "" : "No cot is free"}>
          <select name="cot" required>
            {free.map((one) => (
              <option key={one.id}>{one.label}</option>
            ))}
          </select>
        </Field>
      )}
    </FormDialog>
  );
}

function Discharge({ cot, onClose, onDone }: MoveProps) {
  const discharge = async (): Promise<void> => {
    await post("/api/admissions/discharge", { patient_id: cot.baby?.patient_id });
    onDone();
  };
  return (
    <FormDialog title={`Discharge ${cot.baby?.name ?? cot.baby?.short}?`} act="Discharge" send={discharge} onClose={onClose}>
      {() => <p class="wide">{cot.label} will be free, and its alarms end. Everything recorded is kept.</p>}
    </FormDialog>
  );
}
