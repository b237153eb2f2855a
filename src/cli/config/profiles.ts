import { chmodSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { homedir } from "node:os";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { CliIo } from "../io.ts";
import { UsageError } from "../errors.ts";

/** A server and the key that it is called with. */
export interface Profile {
  url: string;
  key: string;
}

/** What `login` keeps, in a file that only its user can read. */
export interface ProfileFile {
  /** The profile that applies where none is named. */
  default?: string;
  profiles: Record<string, Profile>;
}

const profileFile = z.object({
  default: z.string().optional(),
  profiles: z.record(z.string(), z.object({ url: z.url(), key: z.string() })),
}) satisfies z.ZodType<ProfileFile>;

/** Where the profiles are: in the folder that the platform has for settings of a user. */
export function profilePath({ env }: Pick<CliIo, "env">): string {
  const folder = env["XDG_CONFIG_HOME"] || env["APPDATA"] || join(env["HOME"] || homedir(), ".config");
  return join(folder, "pbt-edge", "profiles.json");
}

/**
 * The profiles that are kept; none where there is no file. Throws a UsageError for a broken one.
 */
export function readProfiles(path: string): ProfileFile {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    return { profiles: {} };
  }
  try {
    return profileFile.parse(JSON.parse(text));
  } catch {
    throw new UsageError(`${path} is no file of profiles. Mend it, or delete it and run \`pbt-edge login\`.`);
  }
}

/** Replaces the file of the profiles in one step. Only its user can read it. */
export function writeProfiles(path: string, file: ProfileFile): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const unfinished = `${path}.${process.pid}`;
  writeFileSync(unfinished, `${JSON.stringify(file, null, 2)}\n`, { mode: 0o600 });
  chmodSync(unfinished, 0o600);
  renameSync(unfinished, path);
}
