/** Who lies where: admit, transfer, discharge, and cots that are added. */
import { useState } from "preact/hooks";
import "./pages.css";
import { post, words } from "../api/client";
import type { CotListed, Page, Patient } from "../api/types";
import { count, dayAndTime } from "../format";
import { CotName } from "../parts/cot-name";
import { useLoad } from "../parts/load";
import { Button, Dialog, Empty, ErrorState, Field, Loading } from "../parts/parts";
import { attempt } from "../parts/toast";
import { AdmitForm } from "./admit-form";

type Doing =
  | { readonly what: "admit"; readonly cot: string }
  | { readonly what: "transfer" | "discharge"; readonly cot: CotListed }
  | null;

export default function AdmissionsPage() {
  const cots = useLoad<Page<CotListed>>("/api/cots");
  const patients = useLoad<Page<Patient>>("/api/patients?limit=1000");
  const [doing, setDoing] = useState<Doing>(null);
  const list = cots.data?.items;
  const taken = list?.filter((cot) => cot.baby).length ?? 0;
  const done = (): void => {
    setDoing(null);
    cots.again();
    patients.again();
  };
  const free = list?.filter((cot) => !cot.baby) ?? [];
  const patientOf = (cot: CotListed): Patient | undefined => patients.data?.items.find((patient) => patient.id === cot.baby?.patient_id);
  return (
    <div class="page">
      <header>
        <div>
          <h1>Admissions</h1>
          <p>{list ? `${count(list.length, "cot")}, ${taken} taken, ${free.length} free` : ""}</p>
        </div>
        <div class="row at-end no-print">
          <AddCot onDone={done} />
          <Button look="primary" disabled={free.length === 0} onClick={() => setDoing({ what: "admit", cot: free[0]?.label ?? "" })}>
            Admit a baby
          </Button>
        </div>
      </header>
      {cots.error ? <ErrorState error={cots.error} retry={cots.again} /> : null}
      {cots.loading && <Loading />}
      {list && list.length === 0 && <Empty title="No cots yet">Add the first one above, with the name that stands at the bedside.</Empty>}
      {list && list.length > 0 && (
        <div class="panel flush">
          <table class="list stack">
            <thead>
              <tr>
                <th>Cot</th>
                <th>Baby</th>
                <th>MRN</th>
                <th>Born at</th>
                <th>PMA</th>
                <th>Admitted</th>
                <th />
              </tr>
            </thead>
            <tbody>
              {list.map((cot) => (
                <CotRow key={cot.id} cot={cot} patient={patientOf(cot)} onDo={setDoing} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {doing?.what === "admit" && <AdmitForm cot={doing.cot} free={free} onClose={() => setDoing(null)} onDone={done} />}
      {doing?.what === "transfer" && <Transfer cot={doing.cot} free={free} onClose={() => setDoing(null)} onDone={done} />}
      {doing?.what === "discharge" && <Discharge cot={doing.cot} onClose={() => setDoing(null)} onDone={done} />}
    </div>
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
        <td class="num">
          <Button look="quiet" onClick={() => onDo({ what: "admit", cot: cot.label })}>
            Admit
          </Button>
        </td>
      </tr>
    );
  return (
    <tr>
      <td>
        <a href={`/cots/${cot.id}`}>
          <CotName label={cot.label} />
        </a>
      </td>
      <td>{patient?.name ?? cot.baby.name ?? cot.baby.short}</td>
      <td class="dim">{patient?.mrn ?? ""}</td>
      <td class="dim">{patient?.ga ?? ""}</td>
      <td class="dim">{patient?.pma ?? ""}</td>
      <td class="dim nowrap">{dayAndTime(patient?.admission?.admitted_at)}</td>
      <td class="num nowrap">
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
  const [target, setTarget] = useState(free[0]?.label ?? "");
  const [error, setError] = useState<unknown>(null);
  const move = (): void => {
    post("/api/admissions/transfer", { patient_id: cot.baby?.patient_id, cot: target }).then(onDone, setError);
  };
  return (
    <Dialog title={`Move ${cot.baby?.name ?? cot.baby?.short} from ${cot.label}`} onClose={onClose}>
      {free.length === 0 ? (
        <p>No cot is free.</p>
      ) : (
        <Field label="To cot" fault={error ? words(error) : undefined}>
          <select value={target} onChange={(event) => setTarget(event.currentTarget.value)}>
            {free.map((one) => (
              <option key={one.id}>{one.label}</option>
            ))}
          </select>
        </Field>
      )}
      <footer>
        <Button onClick={onClose}>Cancel</Button>
        <Button look="primary" disabled={free.length === 0} onClick={move}>
          Move
        </Button>
      </footer>
    </Dialog>
  );
}

function Discharge({ cot, onClose, onDone }: MoveProps) {
  const [error, setError] = useState<unknown>(null);
  const discharge = (): void => {
    post("/api/admissions/discharge", { patient_id: cot.baby?.patient_id }).then(onDone, setError);
  };
  return (
    <Dialog title={`Discharge ${cot.baby?.name ?? cot.baby?.short}?`} onClose={onClose}>
      <p>
        {cot.label} will be free, and its alarms end. Everything recorded is kept.
      </p>
      {error ? <ErrorState error={error} /> : null}
      <footer>
        <Button onClick={onClose}>Keep in {cot.label}</Button>
        <Button look="primary" onClick={discharge}>
          Discharge
        </Button>
      </footer>
    </Dialog>
  );
}
