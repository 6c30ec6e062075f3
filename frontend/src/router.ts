/** Paths of the program and the page each one shows. */
import { signal } from "@preact/signals";

export type Route =
  | { readonly page: "wall" | "alarms" | "events" | "admissions" | "sources" | "people" | "audit" | "checks" | "system" | "account" | "emergency" | "pair" | "login" | "unknown" }
  | { readonly page: "cot"; readonly cotId: number };

export type PageName = Route["page"];

const PLAIN = new Set(["alarms", "events", "admissions", "sources", "people", "audit", "checks", "system", "account", "emergency", "pair", "login"]);

/** The route of a path; never throws. */
export function match(path: string): Route {
  const parts = path.split("/").filter(Boolean);
  if (parts.length === 0) return { page: "wall" };
  const [head, id] = parts as [string, string | undefined];
  if (head === "cots" && parts.length === 2 && /^\d+$/.test(id ?? "")) return { page: "cot", cotId: Number(id) };
  if (parts.length === 1 && PLAIN.has(head)) return { page: head } as Route;
  return { page: "unknown" };
}

/** The route shown now, and the query of its address. */
export const route = signal<Route>({ page: "wall" });
export const query = signal<URLSearchParams>(new URLSearchParams());

function read(): void {
  query.value = new URLSearchParams(location.search);
  route.value = match(location.pathname);
}

/** Go to a path of the program without loading the document again. */
export function go(path: string, replace = false): void {
  history[replace ? "replaceState" : "pushState"](null, "", path);
  read();
}

/** The page to open after signing in: only ever one of this program. */
export function returnPath(wanted: string | null): string {
  return wanted && /^\/(?![/\\])/.test(wanted) && !wanted.startsWith("/login") ? wanted : "/";
}

/** Follow the address bar, and take over clicks on links within the program. */
export function startRouter(): void {
  read();
  addEventListener("popstate", read);
  document.addEventListener("click", (event) => {
    if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey) return;
    const link = (event.target as Element).closest?.("a[href]");
    const target = link?.getAttribute("href");
    if (!link || !target?.startsWith("/") || target.startsWith("/api") || link.hasAttribute("target")) return;
    event.preventDefault();
    go(target);
  });
}
