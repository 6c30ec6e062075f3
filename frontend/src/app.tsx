/**
 * The frame around every page: what must never be out of sight, and the page of the route. All pages are one file:
 * none can come from another version than the rest, or be missing when the server is.
 */
import CotPage from "./cot/page";
import AdmissionsPage from "./pages/admissions";
import AlarmsPage from "./pages/alarms";
import AuditPage from "./pages/audit";
import EventsPage from "./pages/events";
import LoginPage from "./pages/login";
import PeoplePage from "./pages/people";
import SourcesPage from "./pages/sources";
import SystemPage from "./pages/system";
import { Toasts } from "./parts/toast";
import { Empty } from "./parts/parts";
import { route } from "./router";
import { Announcer } from "./shell/announce";
import { Banners } from "./shell/banners";
import { FootBar } from "./shell/footbar";
import { Menus } from "./shell/menu";
import "./shell/shell.css";
import { TopBar } from "./shell/topbar";
import Wall from "./wall/page";

const PAGES = {
  alarms: AlarmsPage,
  events: EventsPage,
  admissions: AdmissionsPage,
  sources: SourcesPage,
  people: PeoplePage,
  audit: AuditPage,
  system: SystemPage,
  login: LoginPage,
} as const;

function CurrentPage() {
  const shown = route.value;
  if (shown.page === "wall") return <Wall />;
  if (shown.page === "cot") return <CotPage key={shown.cotId} cotId={shown.cotId} />;
  if (shown.page === "unknown")
    return (
      <Empty title="There is no such page">
        <a href="/">Back to the wall</a>
      </Empty>
    );
  const Page = PAGES[shown.page];
  return <Page />;
}

export function App() {
  const page = route.value.page;
  return (
    <div class="shell">
      <TopBar />
      <Banners />
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
