import type { Execution } from "../../domain/executions/execution.ts";
import type { ExecutionsMessage } from "../../domain/executions/usage-message.ts";
import { byteLength } from "../../lib/encoding.ts";

/** The longest answer that a row keeps, in characters. */
const MAX_ROW_TEXT = 400_000;
/** A D1 row holds 2 MB. The JSON of a record is longer than its row. */
const MAX_ROW_BYTES = 1_900_000;
/** A queue message holds 128 KB, and the queue needs about a hundred bytes of it. */
const MAX_MESSAGE_BYTES = 120_000;
/** The bytes of a message around its records. */
const ENVELOPE_BYTES = 100;
/** The longest error text of a record that has to be trimmed, in characters. */
const MAX_DETAIL = 1_000;
/** A character takes at most this many bytes as JSON: an escape such as `\u0001`. */
const BYTES_PER_CHARACTER = 6;

/** The execution as a D1 row can hold it. Tokens, cost and outcome are never cut. */
export function fitRow(execution: Execution): Execution {
  const { output, output_json, tool_calls, reasoning, input } = execution;
  const isPlain =
    output_json === undefined && tool_calls === undefined && reasoning === undefined && input === undefined;
  const isShort = (output?.length ?? 0) * BYTES_PER_CHARACTER < MAX_ROW_BYTES && isPlain;
  if (isShort && (output?.length ?? 0) <= MAX_ROW_TEXT) return execution;
  const inText = (output?.length ?? 0) <= MAX_ROW_TEXT ? execution : withOutput(execution, MAX_ROW_TEXT);
  return fitBytes(inText, MAX_ROW_BYTES);
}

/**
 * Packs executions into as few queue messages as hold them. One that is too long for a message of
 * its own is trimmed, never dropped.
 */
export function packMessages(executions: readonly Execution[]): ExecutionsMessage[] {
  const messages: ExecutionsMessage[] = [];
  let room = 0;
  for (const execution of executions) {
    const fitted = fitBytes(execution, MAX_MESSAGE_BYTES - ENVELOPE_BYTES);
    const bytes = bytesOf(fitted) + 1;
    const open = messages.at(-1);
    if (open && bytes <= room) {
      open.executions.push(fitted);
      room -= bytes;
    } else {
      messages.push({ type: "executions", executions: [fitted] });
      room = MAX_MESSAGE_BYTES - ENVELOPE_BYTES - bytes;
    }
  }
  return messages;
}

/**
 * The execution within a number of bytes of JSON. What was asked gives way first, then the answer,
 * then what else callers sent.
 */
function fitBytes(execution: Execution, maxBytes: number): Execution {
  if (bytesOf(execution) <= maxBytes) return execution;
  if (execution.input) {
    const { input: _input, ...rest } = execution;
    return fitBytes({ ...rest, input_truncated: true }, maxBytes);
  }
  const bare = withOutput(execution, 0);
  const over = bytesOf(bare) > maxBytes;
  const detail = execution.error?.detail.slice(0, MAX_DETAIL).toWellFormed() ?? "";
  const error = execution.error && { ...execution.error, detail };
  const kept = over ? { ...execution, error, metadata: null, routing: null } : execution;
  const room = maxBytes - bytesOf(withOutput(kept, 0));
  return withOutput(kept, lengthWithin(execution.output ?? "", room));
}

/** The length of the longest beginning of a text that takes at most a number of bytes as JSON. */
function lengthWithin(text: string, bytes: number): number {
  let [least, most] = [0, text.length];
  while (least < most) {
    const middle = Math.ceil((least + most) / 2);
    if (bytesOf(text.slice(0, middle).toWellFormed()) - 2 <= bytes) least = middle;
    else most = middle - 1;
  }
  return least;
}

function withOutput(execution: Execution, length: number): Execution {
  const { output_json: _parsed, tool_calls: _calls, reasoning: _reasoning, ...rest } = execution;
  const output = execution.output === null ? null : execution.output.slice(0, length).toWellFormed();
  return { ...rest, output, output_truncated: true };
}

function bytesOf(value: unknown): number {
  return byteLength(JSON.stringify(value));
}
