import { ConnectionError, type OperationBody } from "../../client/index.ts";
import { errorOfProblem, type ProblemDetails } from "../../client/errors.ts";
import { textPieces } from "../../client/text-pieces.ts";
import { SseParser } from "../../lib/sse-parser.ts";
import type { Cli } from "../cli.ts";
import { CommandFailure } from "../errors.ts";
import { type ChainRunReply, textOf, untilEnded } from "./chain-run-text.ts";

/** The longest wait for the next event, ms: a step that is not the last one is told at its end. */
const SILENCE_MS = 900_000;

/** What is known of a run whose stream is read. */
interface Streamed {
  id?: string;
  /** The text of the last step that was written. */
  written: string;
  run?: ChainRunReply;
}

/**
 * Runs a chain and writes the text of its last step as it comes. A run that goes on when its stream
 * ends is asked for until its end. With `--json` each event is a line.
 */
export async function streamChain(
  cli: Cli,
  name: string,
  body: OperationBody<"POST /v1/chains/{name}/execute">,
): Promise<ChainRunReply> {
  const streamed: Streamed = { written: "" };
  const response = await cli.client.response("POST /v1/chains/{name}/execute", {
    path: { name },
    body: { ...body, stream: true },
    idempotencyKey: crypto.randomUUID(),
    signal: cli.io.signal,
  });
  const parser = new SseParser();
  try {
    for await (const piece of textPieces(response, SILENCE_MS, cli.io.signal)) {
      for (const { event, data } of parser.push(piece)) {
        read(cli, streamed, event, JSON.parse(data) as Record<string, unknown>);
      }
    }
  } catch (error) {
    if (!(error instanceof ConnectionError) || streamed.id === undefined) throw error;
    cli.note(cli.paint.yellow("! the stream broke off; the run goes on"));
  }
  const { id, run: told } = streamed;
  if (id === undefined) throw new CommandFailure("the stream ended before it named its run");
  const run = told && told.status !== "running" ? told : await untilEnded(cli, id);
  if (!cli.isJson) cli.io.write(`${restOf(textOf(run.output), streamed.written)}\n`);
  return run;
}

/** What is still to be written of a text. Where it was begun otherwise, all of it. */
function restOf(text: string, written: string): string {
  if (text.startsWith(written)) return text.slice(written.length);
  return `\n${text}`;
}

function read(cli: Cli, streamed: Streamed, event: string, data: Record<string, unknown>): void {
  if (event === "error") throw errorOfProblem(data as unknown as ProblemDetails, { isFinal: true });
  if (cli.isJson) cli.event({ type: event, ...data }, () => null);
  if (event === "start") streamed.id = data["id"] as string;
  if (event === "done") streamed.run = data as unknown as ChainRunReply;
  if (event !== "delta") return;
  const text = data["text"] as string;
  streamed.written += text;
  if (!cli.isJson) cli.io.write(text);
}
