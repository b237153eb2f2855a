import { isPlainHttp } from "../../client/plain-http.ts";
import type { CliIo } from "../io.ts";
import { UsageError } from "../errors.ts";
import { profilePath, readProfiles } from "./profiles.ts";

/** Where the server is, which key it is called with, and where both were found. */
export interface Connection {
  url: string;
  key: string;
  /** For people: `profile acme`, `the environment`. */
  source: string;
}

/** Where `npm start` serves. */
export const LOCAL_URL = "http://127.0.0.1:8787";

/**
 * Finds the server: the profile that the call names, the environment, the profile that `pbt.yaml`
 * names, or the default one. A `pbt.yaml` names a profile and never an address, so that a cloned
 * project cannot have a key sent elsewhere. Throws a UsageError that says how to set one.
 */
export function connectionOf(
  { env }: Pick<CliIo, "env">,
  named: string | undefined,
  profileOfProject: () => string | undefined,
): Connection {
  const key = env["PBT_EDGE_KEY"];
  if (named === undefined && key) {
    const url = env["PBT_EDGE_URL"] || LOCAL_URL;
    if (!/^https?:$/.test(URL.canParse(url) ? new URL(url).protocol : "")) {
      throw new UsageError(`PBT_EDGE_URL is no address: ${url}. It begins with https:// or http://.`);
    }
    checkEncrypted({ env }, url);
    return { url, key, source: "the environment" };
  }
  const path = profilePath({ env });
  const file = readProfiles(path);
  const name = named ?? (env["PBT_EDGE_PROFILE"] || profileOfProject() || file.default);
  if (name === undefined) {
    throw new UsageError("No server is known. Run `pbt-edge login`, or set PBT_EDGE_URL and PBT_EDGE_KEY.");
  }
  const profile = Object.hasOwn(file.profiles, name) ? file.profiles[name] : undefined;
  if (!profile) {
    const known = Object.keys(file.profiles).join(", ") || "none";
    throw new UsageError(`There is no profile "${name}" (known: ${known}). Run \`pbt-edge login --profile ${name}\`.`);
  }
  checkEncrypted({ env }, profile.url);
  return { ...profile, source: `profile ${name}` };
}

/** Throws a UsageError where others could read the key on its way, and nobody allowed that. */
export function checkEncrypted({ env }: Pick<CliIo, "env">, url: string): void {
  if (!isPlainHttp(url) || env["PBT_EDGE_ALLOW_HTTP"] === "1") return;
  throw new UsageError(
    `${url} is not encrypted, so others could read the key. Use https://, or set PBT_EDGE_ALLOW_HTTP=1.`,
  );
}
