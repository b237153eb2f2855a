/**
 * `npm run compatibility:record [-- COMMIT]`: records what a version of the code stores, sends and
 * answers, in the real engine, into test/fixtures/previous-version/. Without a commit it is the last
 * one. The next version is tested against that recording. Run it for each release.
 */
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { objectMethods } from "./object-methods.ts";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";

const FIXTURE = resolve("test/fixtures/previous-version");
const RECORDER = "test/compatibility";
const FILES = ["recording.ts", "stored-state.ts", "observed-env.ts", "observed-client.ts", "scenario.ts"];
/** In a folder whose tests run in workerd in every version. */
const TEST = "test/storage/record-version.test.ts";

const [commit = "HEAD"] = process.argv.slice(2);
const id = execFileSync("git", ["rev-parse", "--verify", `${commit}^{commit}`], { encoding: "utf8" }).trim();
const checkout = join(mkdtempSync(join(tmpdir(), "pbt-edge-version-")), "checkout");
execFileSync("git", ["worktree", "add", "--quiet", "--detach", checkout, id], { stdio: "inherit" });
try {
  symlinkSync(resolve("node_modules"), join(checkout, "node_modules"));
  mkdirSync(join(checkout, RECORDER), { recursive: true });
  for (const file of FILES) cpSync(join(RECORDER, file), join(checkout, RECORDER, file));
  writeFileSync(join(checkout, TEST), testOf(join(FIXTURE, "recording.json")));
  const run = (file: string, ...args: string[]) =>
    execFileSync(process.execPath, [file, ...args], {
      cwd: checkout,
      env: { ...process.env, PWD: checkout },
      stdio: "inherit",
    });
  run("scripts/build-assets.ts");
  run(resolve("node_modules/vitest/vitest.mjs"), "run", "--project", "workerd", TEST, "--update");
  const methods = objectMethods(join(checkout, "src/durable-objects"));
  writeFileSync(join(FIXTURE, "object-methods.json"), `${JSON.stringify(methods, null, 2)}\n`);
  console.log(`recorded ${id}`);
} finally {
  execFileSync("git", ["worktree", "remove", "--force", checkout], { stdio: "inherit" });
  rmSync(join(checkout, ".."), { recursive: true, force: true });
}

/** A test that writes the recording: the engine of the tests has no other way to files. */
function testOf(file: string): string {
  return `import { expect, it } from "vitest";
import { record } from "../compatibility/scenario.ts";

it("records this version", async () => {
  await expect(\`\${JSON.stringify(await record(), null, 1)}\\n\`).toMatchFileSnapshot(${JSON.stringify(file)});
}, 60_000);
`;
}
