/**
 * What a browser has to fetch, packed with gzip: before the wall stands (the document's own files and the watchdog), and
 * afterwards, when it is idle. Fails when the first is above the promise.
 */
import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const PROMISE = 60_000;
const built = new URL("../src/nicu_dashboard/web/static/", import.meta.url);
const document = readFileSync(new URL("index.html", built), "utf8");

const files = readdirSync(new URL("assets/", built)).filter((name) => /\.(js|css)$/.test(name));
const isFirst = (name) => document.includes(`/assets/${name}`) || name.startsWith("watchdog.worker");
const packed = (name) => gzipSync(readFileSync(new URL(`assets/${name}`, built))).length;

function show(title, names) {
  const sizes = names.map((name) => [name, packed(name)]);
  const total = sizes.reduce((sum, [, size]) => sum + size, 0);
  for (const [name, size] of [...sizes, [title, total]]) console.log(String(size).padStart(8), name);
  return total;
}

const first = show("before the wall stands", files.filter(isFirst));
show("afterwards", files.filter((name) => !isFirst(name)));
if (first > PROMISE) {
  console.error(`Before the wall stands that is more than the ${PROMISE} bytes that were promised.`);
  process.exit(1);
}
