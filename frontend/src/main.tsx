import "@fontsource-variable/inter/opsz.css";
import "./look/tokens.css";
import "./look/base.css";
import { render } from "preact";
import { App } from "./app";
import { startLive } from "./live/connection";
import { loadUnit } from "./live/vitals";
import { startPreferences } from "./preferences";
import { startRouter } from "./router";

startPreferences();
startRouter();
startLive();
void loadUnit();
render(<App />, document.getElementById("app")!);
