/** The pages of the menu: name in the router, title, path, key and who may use it. */
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
  { name: "wall", title: "Wall", path: "/", key: "w" },
  { name: "alarms", title: "Alarms", path: "/alarms", key: "l" },
  { name: "events", title: "Events", path: "/events", key: "e" },
  { name: "admissions", title: "Admissions", path: "/admissions", key: "d" },
  { name: "sources", title: "Sources", path: "/sources", key: "r" },
  { name: "people", title: "People", path: "/people", key: "", needs: "manage people" },
  { name: "audit", title: "Audit trail", path: "/audit", key: "t", needs: "read audit" },
  { name: "system", title: "System and display", path: "/system", key: "y" },
];
