/** What the pages of the office share: their frame, and a list in all the states it can be in. */
import type { ComponentChildren, JSX } from "preact";
import { useState } from "preact/hooks";
import { Problem, words } from "../api/client";
import "./office.css";
import { Button, Dialog, Empty, ErrorState, Loading } from "./parts";

interface FrameProps {
  readonly title: string;
  readonly said?: string | undefined;
  /** What stands at the right of the title. */
  readonly tools?: ComponentChildren;
  readonly children: ComponentChildren;
}

export function OfficePage({ title, said, tools, children }: FrameProps) {
  return (
    <div class="page">
      <header>
        <div>
          <h1>{title}</h1>
          {said && <p>{said}</p>}
        </div>
        <div class="row at-end no-print">{tools}</div>
      </header>
      {children}
    </div>
  );
}

interface ListingProps<T> {
  /** Heads of the columns; one that begins with `>` stands at the right. */
  readonly heads: readonly string[];
  readonly items: readonly T[] | null | undefined;
  readonly error: unknown;
  readonly again: () => void;
  /** Fetches what comes after the last item, if there is more. */
  readonly more?: (() => void) | null;
  /** Title and words for no items. */
  readonly empty: readonly [title: string, words: string];
  readonly children: (item: T) => JSX.Element;
}

export function Listing<T>({ heads, items, error, again, more, empty, children }: ListingProps<T>) {
  return (
    <>
      {error ? <ErrorState error={error} retry={again} /> : !items && <Loading />}
      {items?.length === 0 && <Empty title={empty[0]}>{empty[1]}</Empty>}
      {items && items.length > 0 && (
        <div class="panel flush" role="log" aria-live="off" tabIndex={0} aria-label={`${heads[0]}, ${heads[1]} …`}>
          <table class="list stack">
            <thead>
              <tr>
                {heads.map((head) =>
                  head ? (
                    <th key={head} class={head.startsWith(">") ? "num" : ""}>
                      {head.replace(">", "")}
                    </th>
                  ) : (
                    <td key={head} />
                  ),
                )}
              </tr>
            </thead>
            <tbody>{items.map(children)}</tbody>
          </table>
        </div>
      )}
      {more && (
        <div class="row no-print">
          <Button onClick={more}>Older</Button>
        </div>
      )}
    </>
  );
}

interface FormProps {
  readonly title: string;
  readonly act: string;
  /** Sends the form; what it throws is said beside the fields it names. */
  readonly send: (form: FormData) => Promise<void>;
  readonly onClose: () => void;
  readonly children: (faults: Readonly<Record<string, string>>) => ComponentChildren;
}

/** A form over the page: the server's refusal stands in it, and nothing that was typed is lost. */
export function FormDialog({ title, act, send, onClose, children }: FormProps) {
  const [refusal, setRefusal] = useState<unknown>(null);
  const submit = (event: SubmitEvent): void => {
    event.preventDefault();
    send(new FormData(event.currentTarget as HTMLFormElement)).catch(setRefusal);
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form class="form" onSubmit={submit}>
        {children(refusal instanceof Problem ? refusal.fields : {})}
        {refusal !== null && (
          <p class="wide fault" role="status">
            !! {words(refusal)}
          </p>
        )}
        <footer class="wide">
          <Button onClick={onClose}>Cancel</Button>
          <Button look="primary" type="submit">
            {act}
          </Button>
        </footer>
      </form>
    </Dialog>
  );
}
