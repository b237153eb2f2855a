import { homedir } from "node:os";
import { join } from "node:path";

/** Where this project keeps what it installs or builds beside its dependencies (XDG base directories). */
export function cacheDirectory(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pbt-edge");
}
