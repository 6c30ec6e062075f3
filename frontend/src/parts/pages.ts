/** Lists that come page by page: the first page now, older ones on request. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { get, url } from "../api/client";
import type { Page } from "../api/types";

export interface Paged<T> {
  readonly items: readonly T[] | null;
  readonly error: unknown;
  readonly more: (() => void) | null;
  readonly again: () => void;
}

type Query = Readonly<Record<string, string | number | null | undefined>>;

/** GET the list at `path`; `more` fetches the page after the last one. */
export function usePages<T>(path: string, query: Query = {}): Paged<T> {
  const address = url(path, query);
  const [state, setState] = useState<{ address: string; items: readonly T[] | null; next: string | null; error: unknown }>({
    address, items: null, next: null, error: null,
  });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((n) => n + 1), []);
  useEffect(() => {
    const control = new AbortController();
    get<Page<T>>(address, {}, control.signal).then(
      (page) => setState({ address, items: page.items, next: page.next, error: null }),
      (error: unknown) => {
        if (!control.signal.aborted) setState((was) => ({ address, items: was.address === address ? was.items : null, next: null, error }));
      },
    );
    return () => control.abort();
  }, [address, round]);
  const more = async (): Promise<void> => {
    try {
      const page = await get<Page<T>>(path, { ...query, after: state.next });
      setState((was) => ({ ...was, items: [...(was.items ?? []), ...page.items], next: page.next }));
    } catch (error) {
      setState((was) => ({ ...was, error }));
    }
  };
  const current = state.address === address;
  return {
    items: current ? state.items : null,
    error: current ? state.error : null,
    more: current && state.next !== null ? () => void more() : null,
    again,
  };
}
