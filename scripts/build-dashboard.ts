import { build } from "vite";

/** Where the page's parts are served from: their names change with their content. */
const PARTS = "assets/app";

/** Builds the dashboard: its files by their paths below the site's root. */
export async function buildDashboard(): Promise<Map<string, string | Uint8Array>> {
  const built = await build({
    root: "src/dashboard",
    configFile: false,
    logLevel: "warn",
    base: "/",
    build: {
      write: false,
      target: "es2022",
      assetsDir: PARTS,
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      reportCompressedSize: false,
    },
    oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  });
  const outputs = (Array.isArray(built) ? built : [built]).flatMap((each) => ("output" in each ? each.output : []));
  return new Map(outputs.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]));
}
