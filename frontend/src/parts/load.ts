/** Fetch something for a page and know its state: loading, there, or failed with a way to retry. */
import { useCallback, useEffect, useState } from "preact/hooks";
import { get } from "../api/client";

export interface Loaded<T> {
  readonly data: T | null;
  readonly error: unknown;
  readonly loading: boolean;
  readonly again: () => void;
}

/** GET `path` now, when it changes, and every `everyMs` if given. The old data stays while new is fetched. */
export function useLoad<T>(path: string, everyMs?: number): Loaded<T> {
  const [state, setState] = useState<{ path: string; data: T | null; error: unknown }>({ path, data: null, error: null });
  const [round, setRound] = useState(0);
  const again = useCallback(() => setRound((n) => n + 1), []);
  useEffect(() => {
    const control = new AbortController();
    get<T>(path, {}, control.signal).then(
      (data) => setState({ path, data, error: null }),
      (error: unknown) => {
        if (!control.signal.aborted) setState((was) => ({ path, data: was.path === path ? was.data : null, error }));
      },
    );
    return () => control.abort();
  }, [path, round]);
  useEffect(() => {
    if (everyMs === undefined) return;
    const timer = setInterval(again, everyMs);
    return () => clearInterval(timer);
  }, [everyMs, again]);
  const current = state.path === path;
  return { data: current ? state.data : null, error: current ? state.error : null, loading: !current || (!state.data && !state.error), again };
}
