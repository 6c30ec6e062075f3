/** Change this baby's limits in two steps: type (checked at once, beside the baby's own values), then confirm old → new with a reason. */
import { useSignal } from "@preact/signals";
import { Problem, put, words } from "../api/client";
import type { Limits, Vital } from "../api/types";
import type { CotLive } from "../live/store";
import { unit, vitalOf } from "../live/vitals";
import { Button, Dialog } from "../parts/parts";
import { say } from "../parts/toast";
import { watched } from "./limits_card";
import { LimitsForm } from "./limits_form";
import { LimitsHistory } from "./limits_history";
import { Review } from "./limits_review";
import { changesOf, draftOf, faultsOf, type Possible, rowsOf, typed } from "./limits";

interface Props {
  cot: CotLive;
  patientId: number;
  limits: Limits;
  onSaved: () => void;
  onClose: () => void;
}

type Step = "edit" | "review" | "reset" | "history";

const TITLES: Readonly<Record<Step, string>> = {
  edit: "Alarm limits",
  review: "Confirm the new limits",
  reset: "Return to the profile",
  history: "Earlier versions",
};

const possible: Possible = (name) => {
  const known: (Vital & { readonly low?: number; readonly high?: number }) | undefined = unit.value?.vitals.find((vital) => vital.name === name);
  return known?.low === undefined || known.high === undefined ? null : [known.low, known.high];
};

export function LimitsEditor({ cot, patientId, limits, onSaved, onClose }: Props) {
  const step = useSignal<Step>("edit");
  const draft = useSignal(draftOf(limits.limits));
  const problem = useSignal("");
  const busy = useSignal(false);
  // A newer version that arrives while typing must not be overwritten unseen: the server compares this number.
  const version = useSignal(limits.version);

  const rows = rowsOf(draft.value);
  const faults = faultsOf(rows, vitalOf, possible);
  const changes = changesOf(limits.limits, rows);

  const send = async (body: object, done: string): Promise<void> => {
    busy.value = true;
    problem.value = "";
    try {
      await put(`/api/patients/${patientId}/limits`, { ...body, expected_version: version.value });
      say(done);
      onSaved();
      onClose();
    } catch (error) {
      refuse(error);
    } finally {
      busy.value = false;
    }
  };
  const refuse = (error: unknown): void => {
    problem.value = words(error);
    if (!(error instanceof Problem)) return;
    if (error.status === 409) onSaved();
    if (error.status === 409 || error.status === 422) step.value = "edit";
  };
  const startAgain = (): void => {
    draft.value = draftOf(limits.limits);
    version.value = limits.version;
    problem.value = "";
  };

  const changedMeanwhile = version.value !== limits.version;
  return (
    <Dialog title={`${TITLES[step.value]} · ${limits.profile}${version.value ? ` v${version.value}` : ""}`} onClose={onClose}>
      {problem.value && !changedMeanwhile && (
        <p class="limits-problem" role="alert">
          !! {problem.value}
        </p>
      )}
      {changedMeanwhile && (
        <p class="limits-problem">
          !! {limits.changed_by ?? "Somebody"} saved version {limits.version} meanwhile. <Button onClick={startAgain}>Load it, drop what I typed</Button>
        </p>
      )}
      {step.value === "edit" && (
        <>
          <LimitsForm
            draft={draft.value}
            limits={limits}
            watched={watched(cot)}
            faults={faults}
            onType={(key, text) => {
              draft.value = typed(draft.value, key, text);
            }}
          />
          <footer>
            <Button look="quiet" onClick={() => (step.value = "history")}>
              Earlier versions
            </Button>
            <Button look="quiet" onClick={() => (step.value = "reset")}>
              Return to the profile …
            </Button>
            <span class="spread-out" />
            <Button onClick={onClose}>Cancel</Button>
            <Button look="primary" disabled={changes.length === 0 || faults.size > 0 || changedMeanwhile} onClick={() => (step.value = "review")}>
              {changes.length ? `Review ${changes.length} change${changes.length === 1 ? "" : "s"}` : "Nothing changed"}
            </Button>
          </footer>
        </>
      )}
      {step.value === "review" && (
        <Review changes={changes} busy={busy.value} onBack={() => (step.value = "edit")} onSend={(reason) => void send({ limits: rows, reason }, "The new limits are in force")} />
      )}
      {step.value === "reset" && (
        <Review
          changes={[]}
          busy={busy.value}
          onBack={() => (step.value = "edit")}
          onSend={(reason) => void send({ reset: true, reason }, "The limits of the profile are in force")}
        />
      )}
      {step.value === "history" && <LimitsHistory limits={limits} onBack={() => (step.value = "edit")} />}
    </Dialog>
  );
}
