/** A page whose code is fetched when it is first opened. */
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import { ErrorState, Loading } from "./parts";

export function lazyPage<P extends object>(load: () => Promise<{ default: ComponentType<P> }>): ComponentType<P> {
  let found: ComponentType<P> | null = null;
  return function LazyPage(props: P) {
    const [, redraw] = useState(0);
    const [error, setError] = useState<unknown>(null);
    useEffect(() => {
      if (!found && !error)
        load().then(
          (module) => {
            found = module.default;
            redraw((n) => n + 1);
          },
          () => setError(new Error("This page could not be loaded. The alarms and the wall go on.")),
        );
    }, [error]);
    if (found) {
      const Page = found;
      return <Page {...props} />;
    }
    return error ? <ErrorState error={error} retry={() => setError(null)} /> : <Loading />;
  };
}
