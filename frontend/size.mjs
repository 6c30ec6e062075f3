/** What a browser has to fetch before the wall stands: prints each file packed with gzip, and fails above the promise. */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const PROMISE = 60_000;
const built = new URL("../src/nicu_dashboard/web/static/assets/", import.meta.url);

const sizes = readdirSync(built)
  .filter((name) => /\.(js|css)$/.test(name))
  .map((name) => [name, gzipSync(readFileSync(new URL(name, built))).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0);
for (const [name, size] of [...sizes, ["scripts and styles together", total]]) console.log(String(size).padStart(8), name);
if (total > PROMISE) {
  console.error(`That is more than the ${PROMISE} bytes that were promised.`);
  process.exit(1);
}
