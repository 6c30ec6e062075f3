/** Typed calls to the back end: one way in, one kind of error out. */

import { isAway } from "../live/presence";

/** A refusal by the server (RFC 9457) or by the network, in words for the person at the screen. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly title: string,
    readonly detail: string,
    readonly remedy: string | null = null,
    /** Message per form field, where the server names fields. */
    readonly fields: Readonly<Record<string, string>> = {},
    /** What a person lacks who is refused: `second factor`, `right`, or nothing that helps. */
    readonly needs = "",
  ) {
    super(detail || title);
    this.name = "Problem";
  }
}

export type Query = Readonly<Record<string, string | number | null | undefined>>;

let onSignInNeeded: () => void = () => {};

/** Called on every 401, so that one place sends the person to the login page. */
export function whenSignInNeeded(act: () => void): void {
  onSignInNeeded = act;
}

/** `path` with the query parameters that have a value. */
export function url(path: string, query: Query = {}): string {
  const filled = Object.entries(query).filter((entry) => entry[1] !== null && entry[1] !== undefined && entry[1] !== "");
  if (filled.length === 0) return path;
  return `${path}?${new URLSearchParams(filled.map(([name, value]) => [name, String(value)]))}`;
}

export function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return call<T>("GET", url(path, query), undefined, signal);
}

export function post<T = unknown>(path: string, body: unknown = {}): Promise<T> {
  return call<T>("POST", path, body);
}

export function put<T = unknown>(path: string, body: unknown): Promise<T> {
  return call<T>("PUT", path, body);
}

export function patch<T = unknown>(path: string, body: unknown): Promise<T> {
  return call<T>("PATCH", path, body);
}

export function remove<T = unknown>(path: string): Promise<T> {
  return call<T>("DELETE", path);
}

/** An answer that takes longer will not come: the page says so instead of waiting for ever. */
const PATIENCE_MS = 20_000;

async function call<T>(method: string, path: string, body?: unknown, signal?: AbortSignal): Promise<T> {
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-Nicu-Request"] = "1";
  else if (isAway()) headers["X-Nicu-Background"] = "1";
  if (body !== undefined) headers["Content-Type"] = "application/json";
  const request: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) request.body = JSON.stringify(body);
  const patience = new AbortController();
  request.signal = patience.signal;
  signal?.addEventListener("abort", () => patience.abort(), { once: true });
  const timer = setTimeout(() => patience.abort(), PATIENCE_MS);

  let response: Response;
  try {
    response = await fetch(path, request);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Problem(0, "No connection", "The server did not answer. Nothing was changed as far as this display knows.");
  } finally {
    clearTimeout(timer);
  }
  if (response.ok) return (response.status === 204 ? undefined : await response.json()) as T;
  const problem = await readProblem(response);
  if (response.status === 401 && !path.startsWith("/api/session")) onSignInNeeded();
  throw problem;
}

async function readProblem(response: Response): Promise<Problem> {
  const said: Record<string, unknown> = await response.json().catch(() => ({}));
  const text = (value: unknown): string => (typeof value === "string" ? value : "");
  const title = text(said["title"]) || response.statusText || `Error ${response.status}`;
  return new Problem(response.status, title, text(said["detail"]) || title, text(said["remedy"]) || null, fieldFaults(said["faults"]), text(said["needs"]));
}

/** Message per field from a list of {field, reason}; faults without a field are in the detail already. */
export function fieldFaults(faults: unknown): Record<string, string> {
  if (!Array.isArray(faults)) return {};
  const named = (faults as { field?: unknown; reason?: unknown }[]).filter((fault) => typeof fault?.field === "string");
  return Object.fromEntries(named.map((fault) => [String(fault.field), String(fault.reason)]));
}

/** `error` as one readable sentence. */
export function words(error: unknown): string {
  if (error instanceof Problem) return error.remedy ? `${error.detail} ${error.remedy}` : error.detail;
  return error instanceof Error ? error.message : String(error);
}
