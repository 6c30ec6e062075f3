/** The frame around every page: what must never be out of sight, and the page of the route. */
import { lazyPage } from "./parts/lazy";
import { Toasts } from "./parts/toast";
import { Empty } from "./parts/parts";
import { route } from "./router";
import Wall from "./wall/page";

const CotPage = lazyPage(() => import("./cot/page"));

function CurrentPage() {
  const shown = route.value;
  switch (shown.page) {
    case "wall":
      return <Wall />;
    case "cot":
      return <CotPage key={shown.cotId} cotId={shown.cotId} />;
    default:
      return (
        <Empty title="There is no such page">
          <a href="/">Back to the wall</a>
        </Empty>
      );
  }
}

export function App() {
  return (
    <div class="shell">
      <header />
      <div />
      <main class={route.value.page === "wall" || route.value.page === "cot" ? "fixed" : ""}>
        <CurrentPage />
      </main>
      <footer />
      <Toasts />
    </div>
  );
}
