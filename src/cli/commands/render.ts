import { Command } from "commander";
import type { StartCli } from "../cli.ts";
import { formatCount } from "../output/units.ts";
import { addCallOptions, type CallOptionsOfPrompt, readCall } from "./call-options.ts";

/** `pbt-edge render`: what a model would be sent, without calling one. */
export function renderCommand(start: StartCli): Command {
  const command = new Command("render")
    .description("show what a model would be sent")
    .argument("<name>", "a stored prompt");
  return addCallOptions(command)
    .option("--request", "show the provider's request as it would be sent")
    .action(async (name: string, options: CallOptionsOfPrompt & { request?: boolean }) => {
      const cli = start(options);
      const rendered = await cli.client.prompts.render(name, await readCall(cli, name, options));
      cli.result(rendered, () => {
        const { request, messages, version, estimated_tokens } = rendered;
        if (options.request) return [request ? JSON.stringify(request, null, 2) : "No request would be made."];
        return [
          ...messages.flatMap(({ role, content }) => [cli.paint.magenta(role), textOf(content), ""]),
          cli.paint.dim(`${name} #${version}, about ${formatCount(estimated_tokens)} tokens`),
        ];
      });
    });
}

function textOf(content: unknown): string {
  return typeof content === "string" ? content : JSON.stringify(content, null, 2);
}
