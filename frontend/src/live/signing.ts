/** A log-in that has given its password and waits for a second factor. */
import { signal } from "@preact/signals";
import { go, query, returnPath } from "../router";
import { restartLive } from "./connection";
import { loadUnit } from "./vitals";

export interface Waiting {
  readonly step: string;
  readonly factors: readonly string[];
}

export const waiting = signal<Waiting | null>(null);

/** Somebody is signed in: show what is theirs to see. */
export async function signedIn(): Promise<void> {
  waiting.value = null;
  restartLive();
  await loadUnit();
  go(returnPath(query.peek().get("next")), true);
}
