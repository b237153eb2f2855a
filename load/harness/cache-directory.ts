import { homedir } from "node:os";
import { join } from "node:path";

/** The folder for programs that this project installs or builds (XDG base directories). */
export function cacheDirectory(): string {
  return join(process.env["XDG_CACHE_HOME"] ?? join(homedir(), ".cache"), "pbt-edge");
}
