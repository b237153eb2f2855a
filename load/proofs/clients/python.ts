import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { installPython } from "../../harness/python.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");
const PACKAGE = join(import.meta.dirname, "../../../clients/python");

/** What the Python client's tests run against. */
export interface PythonWorld {
  url: string;
  key: string;
  mockUrl: string;
}

/** Whether the Python client, installed as a package, is well typed and passes its tests. */
export async function runPython({ url, key, mockUrl }: PythonWorld, only: string): Promise<boolean> {
  const bin = await installPython("python-client", REQUIREMENTS);
  const site = mkdtempSync(join(tmpdir(), "pbt-edge-python-"));
  const env = { PYTHONPATH: site, PYTHONDONTWRITEBYTECODE: "1", PBT_URL: url, PBT_KEY: key, PBT_MOCK_URL: mockUrl };
  const run = async (program: string, ...args: string[]): Promise<boolean> => {
    const child = spawn(join(bin, program), args, { cwd: PACKAGE, env: { ...process.env, ...env }, stdio: "inherit" });
    const [code] = (await once(child, "exit")) as [number | null];
    return code === 0;
  };
  try {
    const install = ["install", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-build-isolation"];
    if (!(await run("pip", ...install, "--target", site, PACKAGE))) return false;
    const isTyped = await run("mypy", "--cache-dir", join(site, ".mypy_cache"), "src", "tests");
    const passes = await run("pytest", "-q", "-p", "no:cacheprovider", ...(only === "" ? [] : ["-k", only]));
    return isTyped && passes;
  } finally {
    rmSync(site, { recursive: true, force: true });
  }
}
