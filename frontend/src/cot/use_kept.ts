/** Keeps the last answer while a changed address is loading, so that nothing on the page flickers. */
import { useRef } from "preact/hooks";
import type { Loaded } from "../parts/load";

export function useKept<T>(loaded: Loaded<T>): Loaded<T> {
  const kept = useRef<T | null>(null);
  if (loaded.data !== null) kept.current = loaded.data;
  return { ...loaded, data: kept.current };
}
