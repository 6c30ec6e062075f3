/** What this screen remembers: looks, names, volume. Kept in this browser only. */
import { effect, signal } from "@preact/signals";
import { printing } from "./charts/printing";

export type Theme = "dark" | "light" | "contrast" | "colour-blind";
export type Names = "name" | "initials" | "none";

export interface Preferences {
  readonly theme: Theme;
  readonly names: Names;
  /** 0.1–1; sound cannot be turned down to nothing here. */
  readonly volume: number;
  /** Most tiles on one page of the wall. */
  readonly perPage: number;
  /** Single-letter keys act. */
  readonly keys: boolean;
}

const KEY = "nicu.preferences";
const DEFAULTS: Preferences = { theme: "dark", names: "name", volume: 0.7, perPage: 36, keys: true };

function load(): Preferences {
  try {
    return { ...DEFAULTS, ...(JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<Preferences>) };
  } catch {
    return DEFAULTS;
  }
}

export const preferences = signal<Preferences>(DEFAULTS);

/** Change some of what this screen remembers. */
export function prefer(change: Partial<Preferences>): void {
  preferences.value = { ...preferences.value, ...change };
}

/** Read what was remembered, and keep document and storage in step from now on. */
export function startPreferences(): void {
  preferences.value = load();
  effect(() => {
    document.documentElement.dataset["theme"] = printing.value ? "light" : preferences.value.theme;
    try {
      localStorage.setItem(KEY, JSON.stringify(preferences.value));
    } catch {
      // A browser without storage forgets at the next load; nothing else depends on it.
    }
  });
}
