import { Command } from "commander";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { portNumber } from "./selection.ts";

interface McpOptions extends SharedOptions {
  http?: true | number;
  label?: string;
  prompts: boolean;
  tools: boolean;
}

const PORT = 8789;

/** `pbt-edge mcp`: the stored prompts as a server of the Model Context Protocol. */
export function mcpCommand(start: StartCli): Command {
  return new Command("mcp")
    .description("serve the stored prompts over the Model Context Protocol, as prompts and as tools")
    .argument("[selectors...]", "only these: a name, folder/*, tag:x")
    .option(
      "--http [port]",
      `serve HTTP on this machine (${PORT}) in place of the standard input and output`,
      portNumber,
    )
    .option("--label <label>", "offer the versions of this label")
    .option("--no-prompts", "offer no prompts")
    .option("--no-tools", "offer no tools: then nothing is executed, and nothing costs")
    .addHelpText(
      "after",
      '\nFor a client: {"command": "npx", "args": ["pbt-edge", "mcp"], "env": {"PBT_EDGE_URL": "…", "PBT_EDGE_KEY": "…"}}',
    )
    .action(async (selectors: string[], options: McpOptions) => {
      const cli = start(options);
      await serve(cli, selectors, options);
    });
}

async function serve(cli: Cli, selectors: readonly string[], options: McpOptions): Promise<void> {
  const { client, io } = cli;
  // The protocol's package is large, and no other command needs it.
  const [{ createMcpServer }, { StoredPrompts }] = await Promise.all([
    import("../mcp/mcp-server.ts"),
    import("../mcp/stored-prompts.ts"),
  ]);
  const prompts = new StoredPrompts({ client, selectors, label: options.label, now: io.now });
  const create = () => createMcpServer(prompts, { prompts: options.prompts, tools: options.tools });
  const ended = new Promise<void>((resolve) => io.signal.addEventListener("abort", () => resolve()));
  if (options.http === undefined) {
    const { serveStdio } = await import("@modelcontextprotocol/server/stdio");
    const served = serveStdio(create);
    const closed = new Promise<void>((resolve) => process.stdin.once("close", resolve).once("end", resolve));
    await Promise.race([ended, closed]);
    return served.close();
  }
  const port = options.http === true ? PORT : options.http;
  const { serveOverHttp } = await import("../mcp/serve-http.ts");
  const served = await serveOverHttp(port, create);
  cli.note(`MCP is served on ${served.url}/mcp to programs of this machine. Ctrl-C ends it.`);
  await ended;
  await served.close();
}
