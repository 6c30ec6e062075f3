/** Any JSON as a list of names and values: for pages that show what the server says about itself. */
import { number } from "../format";

/** `last_commit_ms` and `lastCommitMs` → "Last commit, ms". */
export function humanName(key: string): string {
  const units: Readonly<Record<string, string>> = { ms: "ms", s: "s", bytes: "bytes", percent: "%" };
  const parts = key.replace(/([a-z0-9])([A-Z])/g, "$1_$2").toLowerCase().split("_");
  const unit = parts.length > 1 ? units[parts[parts.length - 1]!] : undefined;
  const words = (unit ? parts.slice(0, -1) : parts).join(" ");
  return words.charAt(0).toUpperCase() + words.slice(1) + (unit ? `, ${unit}` : "");
}

/** A plain value in words. */
export function plainWords(value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") return Number.isInteger(value) ? value.toLocaleString("en").replaceAll(",", " ") : number(value, 2);
  if (Array.isArray(value)) return value.map(plainWords).join("; ") || "none";
  if (typeof value === "object") return Object.entries(value).map(([name, inner]) => `${humanName(name)}: ${plainWords(inner)}`).join(", ");
  return String(value);
}

export function Facts({ of }: { readonly of: Readonly<Record<string, unknown>> }) {
  return (
    <dl class="facts">
      {Object.entries(of).map(([key, value]) => (
        <div key={key}>
          <dt>{humanName(key)}</dt>
          <dd>{isGroup(value) ? <Facts of={value} /> : plainWords(value)}</dd>
        </div>
      ))}
    </dl>
  );
}

function isGroup(value: unknown): value is Readonly<Record<string, unknown>> {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}
