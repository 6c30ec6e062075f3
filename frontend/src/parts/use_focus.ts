/** Puts the focus into a field as it appears: `autofocus` does nothing in a page that stands already. */
import { useEffect, useRef } from "preact/hooks";

/** For the field itself, or for what holds the first one. */
export function useFocus<T extends HTMLElement>() {
  const field = useRef<T>(null);
  useEffect(() => {
    const first = field.current?.querySelector<HTMLElement>("input, textarea") ?? field.current;
    first?.focus();
  }, []);
  return field;
}
