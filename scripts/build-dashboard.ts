import { build, type Rolldown } from "vite";

/** Where the page's parts are served from: their names change with their content. */
const PARTS = "assets/app";
/** The modules that the first page needs beside the page's own. */
const FIRST_PAGE = ["/pages/overview/overview.tsx", "/ui/draw-plot.ts"];

type Output = Rolldown.OutputChunk | Rolldown.OutputAsset;

/**
 * Builds the dashboard: its files by their paths below the site's root. The first page is a document
 * of its own, which says what it will need, so that all of it comes at once.
 */
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
  const files = new Map(outputs.map((file) => [file.fileName, file.type === "chunk" ? file.code : file.source]));
  const page = String(files.get("index.html"));
  files.set("page.html", page);
  files.set("index.html", page.replace("</head>", `  ${preloadsOf(outputs, page).join("\n    ")}\n  </head>`));
  return files;
}

/** The links for what the first page needs and the document does not name. */
function preloadsOf(outputs: readonly Output[], page: string): string[] {
  const chunks = new Map(outputs.flatMap((file) => (file.type === "chunk" ? [[file.fileName, file] as const] : [])));
  const wanted = new Set<string>();
  const add = (name: string) => {
    const chunk = chunks.get(name);
    if (!chunk || wanted.has(name)) return;
    wanted.add(name);
    for (const css of chunk.viteMetadata?.importedCss ?? []) wanted.add(css);
    for (const imported of chunk.imports) add(imported);
  };
  for (const [name, { facadeModuleId }] of chunks) {
    if (FIRST_PAGE.some((module) => facadeModuleId?.endsWith(module))) add(name);
  }
  return [...wanted]
    .filter((name) => !page.includes(name))
    .map((name) =>
      name.endsWith(".css")
        ? `<link rel="preload" as="style" crossorigin href="/${name}" />`
        : `<link rel="modulepreload" crossorigin href="/${name}" />`,
    );
}
