import "./look/fonts.css";
import "./look/tokens.css";
import "./look/base.css";
import { render } from "preact";
import { whenSignInNeeded } from "./api/client";
import { App } from "./app";
import { followPrinting } from "./charts/printing";
import { startLive, whenStreamNeedsSignIn } from "./live/connection";
import { loadUnit, unit } from "./live/vitals";
import { isAway } from "./live/presence";
import { startPreferences } from "./preferences";
import { go, route, startRouter } from "./router";
import { startAnnouncing } from "./shell/announce";
import { startKeys } from "./shell/keys";
import { startOffice } from "./shell/office";
import { firstPage } from "./shell/pages";
import { startDisplayReports } from "./sound/displays";
import { startSound } from "./sound/sound";
import { startFlashing } from "./wall/flash";
import { startSparks } from "./wall/spark";

const OPEN = new Set(["login", "pair", "emergency"]);
const STRAY = new Set(["wall", "cot"]);
/** Who may do nothing before a second factor is set up begins here, and keeps what is open to everybody. */
const ACCOUNT = "/account";
const CALM = new Set([...OPEN, "account", "system"]);

function signIn(): void {
  if (OPEN.has(route.peek().page)) return;
  go(`/login?next=${encodeURIComponent(location.pathname)}`, true);
  void loadUnit();
}

/** The stream refuses nobody, and those whose work is not the wall: they are shown what is. */
function wallRefused(): void {
  const user = unit.peek()?.user;
  if (!user) return;
  if (user.may.includes("watch")) signIn();
  else if (STRAY.has(route.peek().page) || (firstPage() === ACCOUNT && !CALM.has(route.peek().page))) go(firstPage(), true);
}

startPreferences();
followPrinting();
startRouter();
whenSignInNeeded(signIn);
whenStreamNeedsSignIn(wallRefused);
startLive();
startSparks();
startSound();
startDisplayReports();
startFlashing();
startKeys();
startAnnouncing();
void loadUnit();
// Rights end by the clock, too; and a paired screen goes back to the wall when nobody is at it.
setInterval(() => void loadUnit(), 60_000);
setInterval(() => {
  if (unit.peek()?.user?.role === "kiosk" && route.peek().page !== "wall" && isAway()) go("/", true);
}, 5_000);
render(<App />, document.getElementById("app")!);
startOffice();
