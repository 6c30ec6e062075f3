import { defineConfig } from "vitest/config";

const BACK_END = process.env["NICU_DEV_BACKEND"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/nicu_dashboard/web/static",
    emptyOutDir: true,
    // Subgrid and container units ask for browsers of 2023 anyway.
    target: ["chrome120", "firefox121", "safari17.4"],
    modulePreload: false,
    assetsInlineLimit: 0,
    // Licence banners ship beside the bundle, not inside every chunk.
    license: { fileName: "licences.md" },
  },
  worker: { format: "es" },
  server: {
    host: "127.0.0.1",
    proxy: { "/api": BACK_END, "/metrics": BACK_END },
  },
  test: {
    include: ["test/**/*.test.ts", "test/**/*.test.tsx", "src/**/*.test.ts"],
    environment: "node",
  },
});
