/** Keys that work on every page; a page's own keys come first. */
import { keyOf } from "../cot/keys";
import { acknowledge, pauseSound } from "../live/actions";
import { ward } from "../live/connection";
import { unacknowledged } from "../live/urgency";
import { say } from "../parts/toast";
import { go, route } from "../router";
import { toggleSound } from "../sound/sound";
import { cotsShown, focusedCot, focusTile, turnPage } from "../wall/places";
import { closeMenu, openHelp, openMenu } from "./menu";
import { PAGES } from "./pages";

function acknowledgeFocused(): void {
  const id = focusedCot.peek();
  const cot = id === null ? null : ward.cot(id);
  const alarm = cot && unacknowledged(cot.alarms.peek());
  if (alarm) void acknowledge(alarm);
  else say(cot ? `${cot.label.peek()} has no alarm to acknowledge` : "Move to a cot first, with the arrow keys");
}

function pauseFocused(): void {
  const id = focusedCot.peek();
  if (id === null) return say("Move to a cot first, with the arrow keys");
  const cot = ward.cot(id);
  const paused = cot.flags.peek().audio_paused_until !== null;
  void pauseSound({ id, label: cot.label.peek() }, paused ? 0 : undefined);
}

const EVERYWHERE: Readonly<Record<string, () => void>> = { "?": openHelp, m: toggleSound, g: openMenu };
const ON_THE_WALL: Readonly<Record<string, () => void>> = {
  a: acknowledgeFocused,
  p: pauseFocused,
  PageUp: () => turnPage(-1),
  PageDown: () => turnPage(1),
  ArrowLeft: stepOntoWall,
  ArrowRight: stepOntoWall,
  ArrowUp: stepOntoWall,
  ArrowDown: stepOntoWall,
};

/** An arrow key with nothing focused puts the keyboard on the wall. */
function stepOntoWall(): void {
  const id = focusedCot.peek() ?? cotsShown.peek()[0];
  if (id !== undefined) focusTile(id);
}

/** What a key does on the page itself. */
function onPage(key: string): (() => void) | undefined {
  const here = route.peek().page;
  if (key === "Escape" && here !== "wall") return () => go("/");
  if (here === "login") return undefined;
  return EVERYWHERE[key] ?? (here === "wall" ? ON_THE_WALL[key] : undefined) ?? (here === "cot" ? undefined : pageKey(key));
}

function pageKey(key: string): (() => void) | undefined {
  const page = PAGES.find((known) => known.key === key);
  return page && (() => go(page.path));
}

/** The menu shows the keys of the pages, so they work in it; any other dialog has the keyboard for itself. */
function inDialog(dialog: Element, key: string): (() => void) | undefined {
  if (!dialog.matches(".menu")) return undefined;
  if (key === "?") return openHelp;
  const chosen = pageKey(key);
  return key === "g" || chosen ? () => (closeMenu(), chosen?.()) : undefined;
}

function act(event: KeyboardEvent): void {
  const key = keyOf(event);
  if (key === null || event.defaultPrevented) return;
  const dialog = document.querySelector("dialog[open]");
  const found = dialog ? inDialog(dialog, key) : onPage(key);
  if (!found) return;
  event.preventDefault();
  found();
}

export function startKeys(): void {
  addEventListener("keydown", act);
}
