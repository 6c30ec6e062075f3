/** Short messages at the edge of the screen; they go by themselves and lie over the foot of the page, not over a cot. */
import { signal } from "@preact/signals";
import { words } from "../api/client";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly fault: boolean;
}

const toasts = signal<readonly Toast[]>([]);
let count = 0;

/** Say `text` for a few seconds. */
export function say(text: string, fault = false): void {
  const toast = { id: (count += 1), text, fault };
  toasts.value = [...toasts.value.slice(-3), toast];
  setTimeout(() => (toasts.value = toasts.value.filter((shown) => shown !== toast)), fault ? 10_000 : 4_000);
}

/** Do something on the server; say what was done and whether it waits for the record, or why it was not. Returns whether it was. */
export async function attempt(done: string, action: () => Promise<unknown>): Promise<boolean> {
  try {
    const notice = noticeOf(await action());
    if (notice) say(`${done}. ${notice}`, true);
    else say(done);
    return true;
  } catch (error) {
    say(words(error), true);
    return false;
  }
}

/** What an answer says of an act that is not on record yet. */
function noticeOf(answer: unknown): string | null {
  const notice = (answer as { notice?: unknown } | null | undefined)?.notice;
  return typeof notice === "string" ? notice : null;
}

export function Toasts() {
  return (
    <div class="toasts no-print" role="status">
      {toasts.value.map((toast) => (
        <div key={toast.id} class={`toast ${toast.fault ? "fault-toast" : ""}`}>
          {toast.fault ? "!! " : ""}
          {toast.text}
        </div>
      ))}
    </div>
  );
}
