import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";
import { profilePath, readProfiles, writeProfiles } from "../config/profiles.ts";
import { UsageError } from "../errors.ts";

/** `pbt-edge logout`: forgets a profile with its key. The key itself stays good. */
export function logoutCommand(start: StartCli): Command {
  return new Command("logout")
    .description("forget a profile and its key (which `keys revoke` ends)")
    .action((options: SharedOptions) => {
      const cli = start(options);
      const path = profilePath(cli.io);
      const { default: preset, profiles } = readProfiles(path);
      const name = options.profile ?? preset;
      if (name === undefined || !profiles[name]) throw new UsageError(`There is no profile "${name ?? "default"}".`);
      const rest = Object.fromEntries(Object.entries(profiles).filter(([each]) => each !== name));
      const next = preset === name ? Object.keys(rest)[0] : preset;
      writeProfiles(path, { ...(next !== undefined && { default: next }), profiles: rest });
      cli.result({ profile: name, default: next ?? null }, () => [`Profile ${name} is forgotten.`]);
    });
}
