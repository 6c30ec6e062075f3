/** Lists that come page by page: the first page now, older ones on request. */
import { useState } from "preact/hooks";
import { get, type Query, url } from "../api/client";
import type { Page } from "../api/types";
import { useLoad } from "./load";

export interface Paged<T> {
  readonly items: readonly T[] | null;
  readonly error: unknown;
  readonly more: (() => void) | null;
  readonly again: () => void;
}

/** What was fetched after a first page; a new first page makes it void. */
interface Later<T> {
  readonly after: Page<T> | null;
  readonly items: readonly T[];
  readonly next: Page<T>["next"];
  readonly error: unknown;
}

/** GET the list at `path`; `more` fetches the page after the last one. */
export function usePages<T>(path: string, query: Query = {}): Paged<T> {
  const { data, error, again } = useLoad<Page<T>>(url(path, query));
  const [kept, keep] = useState<Later<T> | null>(null);
  const later = kept?.after === data ? kept : null;
  const items = later?.items ?? [];
  const next = later ? later.next : (data?.next ?? null);
  const more = (): void => {
    get<Page<T>>(path, { ...query, after: next }).then(
      (page) => keep({ after: data, items: [...items, ...page.items], next: page.next, error: null }),
      (fault: unknown) => keep({ after: data, items, next, error: fault }),
    );
  };
  return { items: data && [...data.items, ...items], error: error ?? later?.error, more: next === null ? null : more, again };
}
