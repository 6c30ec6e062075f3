/** The way to the other pages, and the list of keys: out of the way until asked for. */
import { signal } from "@preact/signals";
import { remove } from "../api/client";
import { leaveWard, restartLive } from "../live/connection";
import { loadUnit, may, unit } from "../live/vitals";
import { Button, Dialog } from "../parts/parts";
import { attempt } from "../parts/toast";
import { go, route } from "../router";
import { PAGES } from "./pages";

const open = signal<"menu" | "help" | null>(null);

export function openMenu(): void {
  open.value = open.value === "menu" ? null : "menu";
}

export function openHelp(): void {
  open.value = open.value === "help" ? null : "help";
}

export function closeMenu(): void {
  open.value = null;
}

export function Menus() {
  if (open.value === "menu") return <Menu />;
  if (open.value === "help") return <Help />;
  return null;
}

async function signOut(): Promise<void> {
  closeMenu();
  if (await attempt("Signed out", () => remove("/api/session"))) {
    // A paired screen shows the wall on, without names.
    await loadUnit();
    if (unit.value?.user?.role === "kiosk") {
      restartLive();
      go("/");
      return;
    }
    unit.value = null;
    leaveWard();
    go("/login");
  }
}

function Menu() {
  const user = unit.value?.user;
  return (
    <Dialog title="Pages" look="menu" onClose={closeMenu}>
      <ul>
        {PAGES.filter((page) => page.needs === undefined || may(page.needs)).map((page) => (
          <li key={page.name}>
            <a href={page.path} onClick={closeMenu} {...(route.value.page === page.name ? { "aria-current": "page" as const } : {})}>
              {page.title} {page.key && <kbd>{page.key.toUpperCase()}</kbd>}
            </a>
          </li>
        ))}
      </ul>
      <hr />
      <ul>
        <li>
          <button type="button" onClick={openHelp}>
            Keys <kbd>?</kbd>
          </button>
        </li>
        <li>
          {user && user.role !== "kiosk" ? (
            <button type="button" onClick={() => void signOut()}>
              Sign out <small class="dim">{user.name}</small>
            </button>
          ) : (
            <a href="/login" onClick={closeMenu}>
              Sign in
            </a>
          )}
        </li>
      </ul>
    </Dialog>
  );
}

const KEYS: readonly (readonly [string, string])[] = [
  ["← → ↑ ↓", "Move between cots"],
  ["Enter", "Open the cot"],
  ["A", "Acknowledge its worst alarm"],
  ["P", "Pause its sound for 2 min, or end the pause"],
  ["M", "Sound on or off"],
  ["PgUp PgDn", "Page of the wall"],
  ["G", "Menu"],
  ["?", "This list"],
  ["Esc", "Close, or back to the wall"],
];

function Help() {
  return (
    <Dialog title="Keys" onClose={closeMenu}>
      <dl class="keys">
        {KEYS.map(([key, what]) => (
          <>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{what}</dd>
          </>
        ))}
        {PAGES.filter((page) => page.key).map((page) => (
          <>
            <dt>
              <kbd>{page.key.toUpperCase()}</kbd>
            </dt>
            <dd>{page.title}</dd>
          </>
        ))}
      </dl>
      <footer>
        <Button look="primary" onClick={closeMenu}>
          Close
        </Button>
      </footer>
    </Dialog>
  );
}
