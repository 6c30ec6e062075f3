/** Puts the focus into a field as it appears: `autofocus` does nothing inside a dialog that is already open. */
import { useEffect, useRef } from "preact/hooks";

export function useFocus<T extends HTMLElement>() {
  const field = useRef<T>(null);
  useEffect(() => field.current?.focus(), []);
  return field;
}
