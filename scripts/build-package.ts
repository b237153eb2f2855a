/**
 * `npm run package`: makes in `dist/npm` what `npm pack dist/npm` packs: the command `pbt-edge` and
 * the typed client. The Worker itself is deployed from the repository and is no part of it, nor are its dependencies.
 */
import { execFile } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { bundleCli } from "./bundle-cli.ts";

const run = promisify(execFile);
const OUT = "dist/npm";

interface Manifest {
  name: string;
  version: string;
  description: string;
  license: string;
  engines: Record<string, string>;
}

/** The fields of the package's manifest that differ from the repository's. */
const PACKAGE = {
  description: "The command line and the typed client of PBT Edge, the edge runtime for prompts.",
  type: "module",
  sideEffects: false,
  exports: { "./client": { types: "./client/index.d.ts", default: "./client/index.js" } },
};

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
await run(process.execPath, [join("node_modules", "typescript", "bin", "tsc"), "-p", "tsconfig.client.json"]);
// The compiler leaves declarations that it did not make where they are.
copyFileSync("src/client/api-document.d.ts", join(OUT, "client/api-document.d.ts"));
copyFileSync("LICENSE", join(OUT, "LICENSE"));
copyFileSync("docs/clients.md", join(OUT, "README.md"));
const command = await bundleCli(OUT);
const { name, version, license, engines } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
writeFileSync(
  join(OUT, "package.json"),
  `${JSON.stringify({ name, version, license, engines, bin: { [name]: command }, ...PACKAGE }, null, 2)}\n`,
);
