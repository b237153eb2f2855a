import { Command } from "commander";
import {
  type ExecuteOptions,
  type ExecutionBody,
  type ExecutionReply,
  StreamBrokenError,
  type StreamEvent,
} from "../../client/index.ts";
import type { Cli, StartCli } from "../cli.ts";
import { formatCount, formatMs, formatUsd } from "../output/units.ts";
import { ToldEvents } from "./told-events.ts";
import { addCallOptions, type CallOptionsOfPrompt, readCall } from "./call-options.ts";
import { decimal } from "./selection.ts";

interface ExecOptions extends CallOptionsOfPrompt {
  stream?: boolean;
  model?: string;
  user?: string;
  temperature?: number;
  maxTokens?: number;
  cache: boolean;
}

/** `pbt-edge exec`: executes a prompt. The answer is all that the standard output gets. */
export function execCommand(start: StartCli): Command {
  return addCallOptions(new Command("exec").description("execute a prompt").argument("<name>", "a stored prompt"))
    .option("--stream", "print the answer as it comes")
    .option("--model <name>", "in place of the prompt's own, or `auto`")
    .option("--user <id>", "the end user, who keeps the same arm of a split")
    .option("--temperature <number>", "in place of the prompt's own", decimal)
    .option("--max-tokens <number>", "in place of the prompt's own", decimal)
    .option("--no-cache", "use no stored answer")
    .action(async (name: string, options: ExecOptions) => {
      const cli = start(options);
      const call = { ...(await readCall(cli, name, options)), ...bodyOf(options), ...callOf(cli, options) };
      const reply = options.stream ? await stream(cli, name, call) : await cli.client.execute(name, call);
      if (!cli.isJson) {
        if (!options.stream) cli.io.write(`${answerOf(reply)}\n`);
        for (const line of summaryOf(cli, reply)) cli.note(line);
      } else if (!options.stream) cli.result(reply, () => []);
    });
}

/** So often a stream that broke off is asked for again. */
const MOST_BREAKS = 2;

/**
 * With `--json` each event is a line. A stream that breaks off is asked for again under the same key
 * of idempotency, which gives the same answer and pays it once; what was written is not written
 * again.
 */
async function stream(cli: Cli, name: string, call: ExecuteOptions<Record<string, unknown>>): Promise<ExecutionReply> {
  const told = new ToldEvents();
  const idempotencyKey = crypto.randomUUID();
  for (let breaks = 0; ; breaks += 1) {
    const events = cli.client.stream(name, { ...call, idempotencyKey });
    try {
      for await (const event of told.newOf(events)) tellEvent(cli, event);
      if (!cli.isJson) cli.io.write("\n");
      return await events.result();
    } catch (error) {
      if (!(error instanceof StreamBrokenError) || cli.io.signal.aborted || breaks >= MOST_BREAKS) throw error;
      cli.note(cli.paint.yellow("! the stream broke off; its answer is asked for again"));
    }
  }
}

function tellEvent(cli: Cli, event: StreamEvent): void {
  if (cli.isJson) cli.event(event, () => null);
  else if (event.type === "delta") cli.io.write(event.text);
  else if (event.type === "tool_call") cli.io.write(`${event.name}(${JSON.stringify(event.arguments)})\n`);
}

function bodyOf({ model, user, temperature, maxTokens }: ExecOptions): Partial<ExecutionBody> {
  const parameters = {
    ...(temperature !== undefined && { temperature }),
    ...(maxTokens !== undefined && { max_tokens: maxTokens }),
  };
  return {
    ...(model !== undefined && { model }),
    ...(user !== undefined && { user }),
    ...(Object.keys(parameters).length > 0 && { parameters }),
  };
}

function callOf({ io }: Cli, { cache }: ExecOptions) {
  return { signal: io.signal, ...(cache ? {} : { cacheControl: "no-store" }) };
}

function answerOf({ output, tool_calls: calls = [] }: ExecutionReply): string {
  const called = calls.map((call) => `${call.name}(${JSON.stringify(call.arguments)})`);
  return [...(output === null ? [] : [output]), ...called].join("\n");
}

function summaryOf({ paint }: Cli, reply: ExecutionReply): string[] {
  const { prompt, usage, cached } = reply;
  const facts = [
    reply.model ?? "no model",
    ...(prompt ? [`#${prompt.version}${prompt.label === null ? "" : `@${prompt.label}`}`] : []),
    `${formatCount(usage.prompt_tokens)} + ${formatCount(usage.completion_tokens)} tokens`,
    formatUsd(reply.cost_usd),
    formatMs(reply.latency_ms),
    ...(cached === false ? [] : [`from ${cached}`]),
    reply.id,
  ];
  return [...(reply.warnings ?? []).map((warning) => paint.yellow(`! ${warning}`)), paint.dim(facts.join(" · "))];
}
