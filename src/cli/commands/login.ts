import { Command } from "commander";
import { AuthenticationError, ConnectionError, PbtEdge, PermissionError } from "../../client/index.ts";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { checkEncrypted, LOCAL_URL } from "../config/connection.ts";
import { profilePath, readProfiles, writeProfiles } from "../config/profiles.ts";
import { UsageError } from "../errors.ts";

interface LoginOptions extends SharedOptions {
  url?: string;
  check: boolean;
}

/** `pbt-edge login`: keeps a server and a key under the name of a profile. */
export function loginCommand(start: StartCli): Command {
  return new Command("login")
    .description("keep a server and a key; the key is asked for, or read from the standard input")
    .option("--url <address>", "the address of the server")
    .option("--no-check", "do not ask the server whether it takes the key")
    .addHelpText(
      "after",
      '\nThe profile is named by --profile ("default"). The last one that was made is used where none is named.',
    )
    .action(async (options: LoginOptions) => {
      const cli = start(options);
      const path = profilePath(cli.io);
      const file = readProfiles(path);
      const name = options.profile ?? "default";
      const url = checkedUrl(cli, options.url ?? (await askUrl(cli, file.profiles[name]?.url)));
      const key = (cli.io.canAsk ? await cli.io.ask("Key: ", { secret: true }) : await cli.io.readInput()).trim();
      if (!/^[\x21-\x7e]+$/.test(key))
        throw new UsageError("No key was given: type it, or `pbt-edge login < key.txt`.");
      if (options.check) await checkKey(cli, url, key);
      writeProfiles(path, { default: name, profiles: { ...file.profiles, [name]: { url, key } } });
      cli.result({ profile: name, url, file: path }, () => [
        `${cli.paint.green("✓")} Profile ${cli.paint.bold(name)} calls ${url}. It is kept in ${path}.`,
      ]);
    });
}

async function askUrl({ io }: Cli, known = io.env["PBT_EDGE_URL"] || LOCAL_URL): Promise<string> {
  if (!io.canAsk) return known;
  return (await io.ask(`Server [${known}]: `)).trim() || known;
}

function checkedUrl({ io }: Cli, text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url?.protocol !== "https:" && url?.protocol !== "http:") {
    throw new UsageError(`${text} is no address: it begins with https:// (http:// for a server on this machine).`);
  }
  checkEncrypted(io, text);
  return url.href.replace(/\/$/, "");
}

/** A key that lacks a scope is a key all the same. */
async function checkKey({ io }: Cli, url: string, key: string): Promise<void> {
  const clock = { wait: io.wait, now: io.now };
  const client = new PbtEdge({ baseUrl: url, apiKey: key, allowHttp: true, fetch: io.fetch, clock });
  try {
    await client.prompts.list({ limit: 1 }).page();
  } catch (error) {
    if (error instanceof PermissionError) return;
    if (error instanceof AuthenticationError) throw new UsageError(`${url} does not take this key: ${error.message}`);
    if (error instanceof ConnectionError) {
      throw new UsageError(`${url} does not answer: ${error.message}. With --no-check it is kept all the same.`);
    }
    throw error;
  }
}
