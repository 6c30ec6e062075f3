/** A small form before anybody is signed in: its refusal stands in it. */
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { words } from "../api/client";
import { Button } from "./parts";
import { useFocus } from "./use_focus";

interface DoorProps {
  readonly title: string;
  readonly said: string;
  readonly act: string;
  readonly send: (form: FormData) => Promise<void>;
  readonly children: ComponentChildren;
  readonly foot?: ComponentChildren;
}

export function Door({ title, said, act, send, children, foot }: DoorProps) {
  const [refusal, setRefusal] = useState("");
  const [busy, setBusy] = useState(false);
  const form = useFocus<HTMLFormElement>();
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    setBusy(true);
    send(new FormData(event.currentTarget as HTMLFormElement))
      .catch((error: unknown) => setRefusal(words(error)))
      .finally(() => setBusy(false));
  };
  return (
    <div class="login">
      <form ref={form} class="panel" onSubmit={submit}>
        <h1>{title}</h1>
        <p class="dim">{said}</p>
        {children}
        {refusal && (
          <p class="fault" role="status">
            !! {refusal}
          </p>
        )}
        <Button look="primary" type="submit" disabled={busy}>
          {act}
        </Button>
        {foot}
      </form>
    </div>
  );
}
