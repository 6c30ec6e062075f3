/**
 * The pages of the office come in a file of their own, fetched once the first page stands: a wall never waits for them,
 * and they open when the server is lost.
 */
import { signal } from "@preact/signals";
import { Button, Empty, Loading } from "../parts/parts";
import type { OFFICE } from "../pages/office";

const RETRY_MS = 10_000;

const pages = signal<typeof OFFICE | null>(null);
const failed = signal(false);

/** Fetch the pages when the browser has time for it, and again until they are here. */
export function startOffice(): void {
  if ("requestIdleCallback" in globalThis) requestIdleCallback(() => void fetchPages(), { timeout: 3_000 });
  else setTimeout(() => void fetchPages(), 500);
}

async function fetchPages(): Promise<void> {
  try {
    pages.value = (await import("../pages/office")).OFFICE;
  } catch {
    failed.value = true;
    setTimeout(() => void fetchPages(), RETRY_MS);
  }
}

export function Office({ name }: { readonly name: keyof typeof OFFICE }) {
  const Page = pages.value?.[name];
  if (Page) return <Page />;
  if (!failed.value) return <Loading />;
  return (
    <Empty title="This page has not reached this display">
      <p>The server did not send it; it is asked again every ten seconds. The wall needs nothing of it.</p>
      <div class="row">
        <a class="button" href="/">
          Back to the wall
        </a>
        {/* After an update of the server only a new document names the right file. */}
        <Button onClick={() => location.reload()}>Load anew</Button>
      </div>
    </Empty>
  );
}
