/** The pages of the menu: name in the router, title, path, key and who may use it. */
import { may } from "../live/vitals";
import type { PageName } from "../router";

export interface MenuPage {
  readonly name: PageName;
  readonly title: string;
  readonly path: string;
  readonly key: string;
  /** What a person must be allowed to do for the page to be of use. */
  readonly needs?: string;
}

export const PAGES: readonly MenuPage[] = [
  { name: "wall", title: "Wall", path: "/", key: "w", needs: "watch" },
  { name: "alarms", title: "Alarms", path: "/alarms", key: "l", needs: "see" },
  { name: "events", title: "Events", path: "/events", key: "e", needs: "see" },
  { name: "admissions", title: "Admissions", path: "/admissions", key: "d", needs: "see census" },
  { name: "sources", title: "Sources", path: "/sources", key: "r", needs: "see sources" },
  { name: "people", title: "People", path: "/people", key: "", needs: "pair screens" },
  { name: "audit", title: "Audit trail", path: "/audit", key: "t", needs: "read audit" },
  { name: "checks", title: "HIPAA checks", path: "/checks", key: "", needs: "check compliance" },
  { name: "account", title: "Account", path: "/account", key: "", needs: "keep own account" },
  { name: "emergency", title: "Emergency access", path: "/emergency", key: "", needs: "break glass" },
  { name: "system", title: "System and display", path: "/system", key: "y" },
];

/** Where somebody begins whose work is not the wall. */
export function firstPage(): string {
  return PAGES.find((page) => page.needs === undefined || may(page.needs))?.path ?? "/system";
}
