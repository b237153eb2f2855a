/**
 * `npm run supply-chain`: what the Worker is made of. Writes `dist/sbom.cdx.json` (CycloneDX), lists
 * the licences of all that is bundled, and asks the registry for known weaknesses of the locked
 * versions. Fails on a licence that is not in {@link ALLOWED} and on a weakness.
 */
import { spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import * as z from "zod";

/** Licences that ask no more than to be named. */
const ALLOWED = new Set("MIT ISC Apache-2.0 BSD-2-Clause BSD-3-Clause 0BSD BlueOak-1.0.0 Unlicense".split(" "));
const SBOM = "dist/sbom.cdx.json";

const lockFile = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), license: z.string().optional(), dev: z.boolean().optional() }),
  ),
});
const report = z.object({ metadata: z.object({ vulnerabilities: z.record(z.string(), z.number()) }) });

/** Runs npm and returns what it printed; null where it printed no JSON. */
function npm(...args: string[]): unknown {
  const { stdout } = spawnSync("npm", args, { encoding: "utf8", maxBuffer: 1 << 26 });
  try {
    return JSON.parse(stdout) as unknown;
  } catch {
    return null;
  }
}

/** The bundled packages by licence, from the lock file. */
function licences(): Map<string, string[]> {
  const { packages } = lockFile.parse(JSON.parse(readFileSync("package-lock.json", "utf8")));
  const found = new Map<string, string[]>();
  for (const [path, { version, license = "none", dev }] of Object.entries(packages)) {
    if (path === "" || dev === true) continue;
    found.set(license, [...(found.get(license) ?? []), `${path.replace(/^.*node_modules\//, "")} ${version}`]);
  }
  return found;
}

const faults: string[] = [];
mkdirSync("dist", { recursive: true });
const sbom = npm("sbom", "--sbom-format", "cyclonedx", "--omit", "dev");
if (sbom === null) faults.push("npm sbom printed no document");
else writeFileSync(SBOM, `${JSON.stringify(sbom, null, 2)}\n`);
console.log(`wrote ${SBOM}`);

for (const [license, packages] of licences()) {
  console.log(`${license}: ${packages.join(", ")}`);
  if (!license.split(" OR ").some((one) => ALLOWED.has(one))) faults.push(`licence ${license}: ${packages.join(", ")}`);
}

const audit = report.safeParse(npm("audit", "--omit", "dev", "--json"));
if (!audit.success) {
  console.log("weaknesses: not checked, the registry does not answer `npm audit`");
} else {
  const { total = 0, ...levels } = audit.data.metadata.vulnerabilities;
  console.log(`weaknesses: ${total}`);
  if (total > 0) faults.push(`known weaknesses: ${JSON.stringify(levels)}`);
}
for (const fault of faults) console.log(`FAULT: ${fault}`);
process.exitCode = faults.length === 0 ? 0 : 1;
