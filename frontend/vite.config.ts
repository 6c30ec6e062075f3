import { defineConfig } from "vitest/config";

const BACK_END = process.env["NICU_DEV_BACKEND"] ?? "http://127.0.0.1:8000";

export default defineConfig({
  base: "/",
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    outDir: "../src/nicu_dashboard/web/static",
    emptyOutDir: true,
    target: "es2022",
    modulePreload: false,
    assetsInlineLimit: 0,
    // Three parts: what every screen needs, the cot page, and the pages of the office. Fewer files pack smaller.
    cssCodeSplit: false,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            { name: "core", test: /node_modules|src\/(?!pages\/|cot\/|charts\/)/, priority: 2 },
            { name: "cot", test: /src\/(cot|charts)\//, priority: 1 },
            { name: "office", test: /src\/pages\//, priority: 1 },
          ],
        },
      },
    },
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
