import { chmodSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "vite";
import { VERSION } from "../src/cli/version.ts";

/**
 * Bundles `pbt-edge` with the packages that it uses, and their licences beside it, so that the
 * package depends on none. Returns the path of the command below the folder `out`.
 */
export async function bundleCli(out: string): Promise<string> {
  const { version } = JSON.parse(readFileSync("package.json", "utf8")) as { version: string };
  if (version !== VERSION) throw new Error(`src/cli/version.ts says ${VERSION}, package.json ${version}`);
  const folder = "cli";
  await build({
    configFile: false,
    logLevel: "warn",
    ssr: { noExternal: true },
    build: {
      ssr: "src/cli/main.ts",
      outDir: join(out, folder),
      target: "node20",
      minify: false,
      license: { fileName: "licenses.md" },
      rolldownOptions: { output: { entryFileNames: "pbt-edge.js", chunkFileNames: "[name]-[hash].js" } },
    },
  });
  const command = `./${folder}/pbt-edge.js`;
  chmodSync(join(out, command), 0o755);
  return command;
}
