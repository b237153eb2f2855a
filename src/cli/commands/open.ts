import { Command } from "commander";
import type { SharedOptions, StartCli } from "../cli.ts";

/** `pbt-edge open`: the server in the browser. */
export function openCommand(start: StartCli): Command {
  return new Command("open")
    .description("open the server in the browser")
    .option("--docs", "its API's page")
    .option("--print", "only print the address")
    .action((options: SharedOptions & { docs?: boolean; print?: boolean }) => {
      const cli = start(options);
      const url = new URL(options.docs ? "/docs" : "/", cli.connection.url).href;
      if (!options.print && cli.io.isTerminal) cli.io.openUrl(url);
      cli.result({ url }, () => [url]);
    });
}
