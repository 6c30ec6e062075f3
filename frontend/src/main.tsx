import "./look/fonts.css";
import "./look/tokens.css";
import "./look/base.css";
import { render } from "preact";
import { whenSignInNeeded } from "./api/client";
import { App } from "./app";
import { followPrinting } from "./charts/printing";
import { startLive, whenStreamNeedsSignIn } from "./live/connection";
import { loadUnit } from "./live/vitals";
import { startPreferences } from "./preferences";
import { go, route, startRouter } from "./router";
import { startKeys } from "./shell/keys";
import { startOffice } from "./shell/office";
import { startDisplayReports } from "./sound/displays";
import { startSound } from "./sound/sound";
import { startFlashing } from "./wall/flash";
import { startSparks } from "./wall/spark";

function signIn(): void {
  if (route.peek().page !== "login") go(`/login?next=${encodeURIComponent(location.pathname)}`, true);
}

startPreferences();
followPrinting();
startRouter();
whenSignInNeeded(signIn);
whenStreamNeedsSignIn(signIn);
startLive();
startSparks();
startSound();
startDisplayReports();
startFlashing();
startKeys();
void loadUnit();
render(<App />, document.getElementById("app")!);
startOffice();
