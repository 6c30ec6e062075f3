/** Small pieces that every page shares. */
import type { ComponentChildren, JSX, TargetedMouseEvent } from "preact";
import { useEffect, useRef } from "preact/hooks";
import "./parts.css";
import { Problem, words } from "../api/client";
import { roughly } from "../format";
import { now } from "../live/clock";
import { may } from "../live/vitals";
import { Announcer } from "../shell/announce";
import { firstPage } from "../shell/pages";
import { WorstFirst } from "../shell/worst";

type ButtonProps = {
  readonly look?: "plain" | "primary" | "alarm" | "quiet";
  readonly children: ComponentChildren;
} & Omit<JSX.IntrinsicElements["button"], "children">;

export function Button({ look = "plain", children, class: more, ...rest }: ButtonProps) {
  return (
    <button type="button" {...rest} class={`button ${look} ${typeof more === "string" ? more : ""}`}>
      {children}
    </button>
  );
}

export function Tag({ look = "", title, children }: { readonly look?: string; readonly title?: string; readonly children: ComponentChildren }) {
  return (
    <span class={`tag ${look}`} {...(title === undefined ? {} : { title })}>
      {children}
    </span>
  );
}

/** How long ago an instant of the server was, counting. */
export function Age({ at, suffix = "" }: { readonly at: number | null; readonly suffix?: string }) {
  return <span>{at === null ? "never" : `${roughly(now.value - at)}${suffix}`}</span>;
}

export function Empty({ title, children }: { readonly title: string; readonly children?: ComponentChildren }) {
  return (
    <div class="empty">
      <strong>{title}</strong>
      {children}
    </div>
  );
}

export function Loading({ what = "Loading" }: { readonly what?: string }) {
  return (
    <div class="empty" aria-busy="true">
      {what} …
    </div>
  );
}

/** Where somebody may go whom a page refuses: asking again opens no door. */
function Instead({ refusal }: { readonly refusal: Problem }) {
  const first = firstPage();
  return (
    <div class="row">
      {refusal.needs === "second factor" ? (
        <a class="button" href="/account">
          Set up a second factor
        </a>
      ) : (
        first !== location.pathname && (
          <a class="button" href={first}>
            {first === "/" ? "Back to the wall" : "Back to your pages"}
          </a>
        )
      )}
      {refusal.needs === "right" && may("break glass") && (
        <a class="button" href="/emergency">
          Emergency access
        </a>
      )}
    </div>
  );
}

/** What went wrong, in words, with what helps: to try again, or for who is refused another page. */
export function ErrorState({ error, retry }: { readonly error: unknown; readonly retry?: () => void }) {
  const refusal = error instanceof Problem && error.status === 403 ? error : null;
  return (
    <div class={`fault ${refusal ? "refused" : ""}`} role="status">
      <strong>!! {words(error)}</strong>
      {refusal ? <Instead refusal={refusal} /> : retry && <Button onClick={retry}>Try again</Button>}
    </div>
  );
}

interface FieldProps {
  readonly label: string;
  readonly fault?: string | undefined;
  readonly hint?: string;
  readonly children: ComponentChildren;
}

/** A labelled form field with the message of the server beside it. */
export function Field({ label, fault, hint, children }: FieldProps) {
  return (
    <label class="field">
      <span>{label}</span>
      {children}
      {fault ? <em>{fault}</em> : hint ? <small>{hint}</small> : null}
    </label>
  );
}

interface DialogProps {
  readonly title: string;
  readonly look?: string;
  readonly onClose: () => void;
  readonly children: ComponentChildren;
}

/** Whether a dialog was pressed on its backdrop; its own edge, and words selected beyond it, take no form away. */
function isBeside({ target, currentTarget, clientX, clientY }: TargetedMouseEvent<HTMLDialogElement>): boolean {
  const { left, right, top, bottom } = currentTarget.getBoundingClientRect();
  return target === currentTarget && (clientX < left || clientX > right || clientY < top || clientY > bottom);
}

/** A modal dialog: Escape or the backdrop closes it, focus stays inside and returns; the alarms stand over it, last in the order of the keyboard. */
export function Dialog({ title, look = "", onClose, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const pressedBeside = useRef(false);
  useEffect(() => {
    const dialog = element.current;
    dialog?.showModal();
    return () => dialog?.close();
  }, []);
  return (
    <dialog
      ref={element}
      class={`dialog ${look}`}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onPointerDown={(event) => (pressedBeside.current = isBeside(event))}
      onClick={(event) => {
        if (pressedBeside.current && isBeside(event)) onClose();
      }}
    >
      <h2>{title}</h2>
      {children}
      <WorstFirst leave={onClose} />
      <Announcer />
    </dialog>
  );
}
