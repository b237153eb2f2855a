import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus, totalmem } from "node:os";

/** The machine and the versions that a set of figures was measured on. */
export interface Machine {
  /** The measured commit, with a `+` where the tree had changes. Null outside a git checkout. */
  commit: string | null;
  platform: string;
  cpu: string;
  cores: number;
  memory_gib: number;
  node: string;
  workerd: string;
}

/** Describes this machine without host names, user names or paths. */
export function describeMachine(): Machine {
  return {
    commit: commitOf(),
    platform: `${process.platform} ${process.arch}`,
    cpu: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memory_gib: Math.round(totalmem() / 2 ** 30),
    node: process.version,
    workerd: versionOf("workerd"),
  };
}

/** The installed version of a package. */
export function versionOf(name: string): string {
  const file = createRequire(import.meta.url).resolve(`${name}/package.json`);
  return (JSON.parse(readFileSync(file, "utf8")) as { version: string }).version;
}

function commitOf(): string | null {
  const git = (...args: string[]) =>
    execFileSync("git", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  try {
    return git("rev-parse", "--short", "HEAD").trim() + (git("status", "--porcelain").trim() === "" ? "" : "+");
  } catch {
    return null;
  }
}
