import { execFile } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import type * as Client from "../../../src/client/index.ts";

const run = promisify(execFile);
const TIMEOUT_MS = 2 * 60_000;
const TSC = join(import.meta.dirname, "../../../node_modules/typescript/bin/tsc");

/** The package as an empty folder has it after `npm install` of what `npm pack` made. */
export interface InstalledPackage {
  client: typeof Client;
  /** What the compiler says of a program of that folder; empty where it is well typed. */
  typeFaults(program: string): Promise<string>;
  /** The command line of the package, as npm links it. */
  command: string;
  /** The file that `npm pack` made. */
  tarball: string;
  remove(): void;
}

/** Builds, packs and installs the package, with nothing but the registry's own tool. */
export async function installPackage(): Promise<InstalledPackage> {
  const folder = mkdtempSync(join(tmpdir(), "pbt-edge-package-"));
  const npm = async (...args: string[]) => run("npm", args, { cwd: folder, timeout: TIMEOUT_MS });
  await run(process.execPath, ["scripts/build-package.ts"], { timeout: TIMEOUT_MS });
  await npm("pack", join(process.cwd(), "dist/npm"), "--pack-destination", folder);
  writeFileSync(join(folder, "package.json"), '{"private": true, "type": "module"}');
  const packed = readdirSync(folder).find((file) => file.endsWith(".tgz")) ?? "";
  await npm("install", "--offline", "--no-audit", "--no-fund", join(folder, packed));
  const installed = readdirSync(join(folder, "node_modules")).filter((name) => !name.startsWith("."));
  if (installed.join() !== "pbt-edge") throw new Error(`the package brings others along: ${installed.join(", ")}`);
  const entry = join(folder, "entry.js");
  writeFileSync(entry, 'export * from "pbt-edge/client";\n');
  return {
    client: (await import(pathToFileURL(entry).href)) as typeof Client,
    async typeFaults(program) {
      const file = join(folder, "program.ts");
      writeFileSync(file, program);
      const args = ["--noEmit", "--strict", "--target", "es2022", "--module", "nodenext", "--lib", "es2022,dom"];
      const compiled = run(process.execPath, [TSC, ...args, "--types", "", file], { cwd: folder, timeout: TIMEOUT_MS });
      return compiled.then(
        () => "",
        (error: { stdout: string }) => error.stdout,
      );
    },
    command: join(folder, "node_modules/.bin/pbt-edge"),
    tarball: join(folder, packed),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}
