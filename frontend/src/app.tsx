/** The frame around every page: what must never be out of sight, and the page of the route. */
import CotPage from "./cot/page";
import LoginPage from "./pages/login";
import { Toasts } from "./parts/toast";
import { Empty } from "./parts/parts";
import { waiting } from "./live/signing";
import { unit } from "./live/vitals";
import { route } from "./router";
import { Announcer } from "./shell/announce";
import { Banners } from "./shell/banners";
import { FootBar } from "./shell/footbar";
import { Menus } from "./shell/menu";
import { Office } from "./shell/office";
import "./shell/banners.css";
import "./shell/shell.css";
import { TopBar } from "./shell/topbar";
import Wall from "./wall/page";

function CurrentPage() {
  const shown = route.value;
  if (shown.page === "wall") return <Wall />;
  if (shown.page === "cot") return <CotPage key={shown.cotId} cotId={shown.cotId} />;
  if (shown.page === "unknown")
    return (
      <Empty title="There is no such page">
        <a class="button" href="/">
          Back to the wall
        </a>
      </Empty>
    );
  if (shown.page === "login") return waiting.value ? <Office name="second" /> : <LoginPage />;
  return <Office name={shown.page} />;
}

export function App() {
  const page = route.value.page;
  // Where nobody is signed in there is no ward: no counts, no sound, none of its banners.
  const outside = page === "login" || page === "pair" || (page === "emergency" && !unit.value?.user);
  return (
    <div class="shell">
      {!outside && <TopBar />}
      <Banners outside={outside} />
      {/* The page of a cot fills the screen exactly; the others scroll. */}
      <main class={page === "cot" ? "fixed" : ""} tabIndex={-1}>
        <CurrentPage />
      </main>
      <FootBar />
      <Menus />
      <Toasts />
      <Announcer />
    </div>
  );
}
