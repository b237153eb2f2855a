import * as z from "zod";
import { type DoorName, mostBytesOf, providerOfDoor, type Relay } from "../../domain/completions/relay.ts";
import { keptItemPath, offeredTools } from "../../domain/completions/relayed-media.ts";
import { readKeptId } from "../../domain/completions/response-ids.ts";
import type { DoorRequest, WireBody } from "../../domain/doors/door.ts";
import { DOORS } from "../../domain/doors/doors.ts";
import { executionOfResponse } from "../../domain/doors/responses/item-ids.ts";
import { withUnsealedInput } from "../../domain/doors/responses/sealed-reasoning.ts";
import { invalid } from "../../domain/errors.ts";
import { isRecord } from "../../domain/json-schema/values.ts";
import { parseCacheControl } from "../../domain/executions/cache-control.ts";
import {
  type ExecutionOptions,
  type ExecutionRequest,
  NO_PROMPT_NAME,
  optionFields,
} from "../../domain/executions/execution-options.ts";
import { LANES } from "../../domain/lane.ts";
import type { PromptReference } from "../../domain/prompts/prompt-reference.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import type { AppContext } from "../../middleware/context.ts";
import { requireLane } from "../executions/require-lane.ts";
import { streamRestart } from "../executions/stream-execution.ts";
import { type AskedPrompt, findStoredPrompt } from "./stored-prompt.ts";
import { toFieldErrors } from "../field-errors.ts";

/** A request at a door: its body, what its door reads in it, and the execution that it asks for. */
export interface DoorExecution {
  body: WireBody;
  asked: DoorRequest;
  execution: ExecutionRequest;
}

/** A header that is JSON. */
const jsonHeader = z.string().transform((text, context): unknown => {
  try {
    return JSON.parse(text);
  } catch {
    context.addIssue({ code: "custom", message: "must be JSON" });
    return z.NEVER;
  }
});

/** What the headers of a request at a door say. */
export const doorHeaders = z.object({
  "idempotency-key": z.string().optional().describe("The same key and body give the first result again for a day"),
  "cache-control": z.string().optional().describe("no-store, no-cache, max-age=N, only-if-cached"),
  "x-pbt-priority": z.enum(LANES).default("standard").describe("The lane; `high` needs the scope `priority:high`"),
  "x-pbt-cache": z.enum(["true", "false"]).optional().describe("Whether stored answers may be used"),
  "x-pbt-metadata": jsonHeader.pipe(optionFields.metadata).optional().describe("JSON: what is recorded with it"),
  "x-pbt-fallback-models": z
    .string()
    .transform((names) => names.split(",").map((name) => name.trim()))
    .optional()
    .describe("Models to try after `model`, with commas between them"),
  "x-pbt-timeout-ms": z.coerce.number().pipe(z.int().min(1).max(MAX_TIMEOUT_MS)).optional(),
  "x-pbt-stream-restart": streamRestart,
  "anthropic-version": z.string().max(64).optional(),
  "anthropic-beta": z.string().max(1_024).optional(),
  "openai-beta": z.string().max(1_024).optional(),
});
/** Those headers, as they were read. */
export type DoorHeaders = z.infer<typeof doorHeaders>;

/** Fields of ours in a body, which no provider is sent. */
const ourFields = z.object({
  models: optionFields.models,
  prompt_variables: z.record(z.string(), z.unknown()).optional(),
});
/** Headers that a provider is sent along with the body. */
const RELAYED_HEADERS = ["anthropic-version", "anthropic-beta", "openai-beta"] as const;
/** Fields of OpenAI's Responses by which an answer depends on what OpenAI keeps. */
const STATE_FIELDS = ["previous_response_id", "conversation"] as const;

/**
 * The execution that a request at a door asks for. Throws AppError for a body or a header that is
 * faulty.
 */
export async function readDoorRequest(
  c: AppContext,
  name: DoorName,
  sent: Record<string, unknown>,
  headers: DoorHeaders,
): Promise<DoorExecution> {
  const { models, prompt_variables } = ours(sent);
  const { models: _models, prompt_variables: _variables, ...rest } = sent;
  const { body, state } = name === "responses" ? readState(withUnsealedInput(rest)) : { body: rest };
  const asked = DOORS[name].read(body);
  checkLengths(name, asked, headers);
  const stored = await findStoredPrompt(c, name, body, asked);
  // OpenAI's own call has a place for variables, so that its metadata are no variables.
  const own = stored && !stored.variables ? withoutMetadata(asked.own) : asked.own;
  const principal = c.get("principal");
  const { tenant_id, key_id } = principal;
  const lane = headers["x-pbt-priority"];
  requireLane(principal, lane);
  const { output_schema, output_format, reasoning, untranslated } = asked;
  const restarts =
    asked.stream && headers["x-pbt-stream-restart"] === "continue" && isWritable({ ...asked, own }, state);
  const relay: Relay = {
    ...relayOf(name, headers, stored ? undefined : body, { text: c.get("body").text, sent }),
    ...(tellsUsage(body) && { tells_usage: true }),
    ...(state && { state }),
    ...(restarts && { is_written: true }),
  };
  return {
    body,
    asked,
    execution: {
      tenant_id,
      key_id,
      lane,
      ...(restarts && { restarts }),
      variables: stored ? (stored.variables ?? prompt_variables ?? metadataOf(body)) : {},
      options: {
        ...optionsOf(name, { ...asked, own }, body, headers, stored !== undefined),
        ...(stored
          ? promptOf(stored, models, headers)
          : { prompt: NO_PROMPT, models: modelsOf(asked, models, headers) }),
      },
      door: { relay, output_schema, output_format, reasoning, own: Object.keys(own), untranslated },
    },
  };
}

/** The longest name of a model, of an upstream or of an alias. */
const MAX_MODEL = 1_024;
/** The longest name of an end user: Anthropic's clients put several ids into it. */
const MAX_USER = 512;
const MAX_FALLBACKS = 8;

/**
 * Refuses what a record of the execution could not hold, so that what it costs is always booked.
 */
function checkLengths(name: DoorName, { model, user = "" }: DoorRequest, headers: DoorHeaders): void {
  const fallbacks = headers["x-pbt-fallback-models"] ?? [];
  const most = (length: number) => `must have at most ${length} characters`;
  const faults = [
    ...(model.length > MAX_MODEL ? [{ path: "model", message: most(MAX_MODEL) }] : []),
    ...(user.length > MAX_USER
      ? [{ path: name === "messages" ? "metadata.user_id" : "user", message: most(MAX_USER) }]
      : []),
    ...(fallbacks.length > MAX_FALLBACKS
      ? [{ path: "x-pbt-fallback-models", message: `must name at most ${MAX_FALLBACKS} models` }]
      : []),
  ];
  if (faults.length > 0) throw invalid(faults);
}

/**
 * Whether a stream can be written for what the model says. A body with what only its own wire
 * format has may be answered with what only that can tell, and has what no other call of it knows.
 */
function isWritable({ own, untranslated }: DoorRequest, state: Relay["state"]): boolean {
  return Object.keys(own).length === 0 && untranslated.length === 0 && !state;
}

const NOT_KEPT = "names a response that OpenAI does not keep: send its `output` in the `input` instead";

/** The body with the provider's own id of the response that it goes on from, and who keeps that. */
function readState(body: WireBody): { body: WireBody; state?: Relay["state"] } {
  const path = STATE_FIELDS.find((field) => (body[field] ?? null) !== null);
  const item = keptItemPath(body);
  if (path === undefined) return { body, ...(item !== undefined && { state: { path: item } }) };
  const { previous_response_id: seen } = body;
  if (typeof seen !== "string") return { body, state: { path } };
  if (executionOfResponse(seen) !== undefined) throw invalid([{ path: "previous_response_id", message: NOT_KEPT }]);
  const { id, keeper } = readKeptId(seen);
  return {
    body: { ...body, previous_response_id: id },
    state: { path: "previous_response_id", ...(keeper && { keeper }) },
  };
}

const NO_PROMPT: PromptReference = { name: NO_PROMPT_NAME };

function ours(sent: Record<string, unknown>) {
  const read = ourFields.safeParse(sent);
  if (!read.success) throw invalid(toFieldErrors(read.error));
  return read.data;
}

/** A stored prompt has models of its own, unless the request names others. */
function promptOf({ reference, model }: AskedPrompt, models: string[] | undefined, headers: DoorHeaders) {
  const named = modelsOf({ model }, models, headers);
  if (model === undefined && headers["x-pbt-fallback-models"]) {
    throw invalid([
      { path: "x-pbt-fallback-models", message: "must stand in the stored prompt itself, as `fallbacks`" },
    ]);
  }
  return { prompt: reference, ...(named.length > 0 && { models: named }) };
}

/** The model, then those that take over where it fails. */
function modelsOf({ model }: { model?: string }, models: string[] = [], headers: DoorHeaders): string[] {
  const first = model === undefined ? [] : [model];
  return [...new Set([...first, ...models, ...(headers["x-pbt-fallback-models"] ?? [])])];
}

/** The variables of a client that can send only what its wire format has: texts. */
function metadataOf({ metadata }: WireBody): Record<string, unknown> {
  return typeof metadata === "object" && metadata !== null ? { ...metadata } : {};
}

/** Where metadata are the variables of a stored prompt, no provider is sent them. */
function withoutMetadata({ metadata: _variables, ...own }: DoorRequest["own"]): DoorRequest["own"] {
  return own;
}

function tellsUsage({ stream_options }: WireBody): boolean {
  return isRecord(stream_options) && stream_options["include_usage"] === true;
}

function relayOf(
  door: DoorName,
  headers: DoorHeaders,
  body: WireBody | undefined,
  { text, sent }: { text: string; sent: WireBody },
): Relay {
  // Only reasoning that was unsealed makes a body longer than it came.
  const isRewritten = body !== undefined && body["input"] !== sent["input"];
  const body_bytes = body ? mostBytesOf(body, text, isRewritten) : 0;
  return { door, ...(body && { body }), body_bytes, headers: relayedHeaders(headers) };
}

/** The headers that a provider is sent along with a body. */
export function relayedHeaders(headers: DoorHeaders): Record<string, string> {
  const given = RELAYED_HEADERS.map((name) => [name, headers[name]] as const);
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

function optionsOf(
  name: DoorName,
  asked: DoorRequest,
  body: WireBody,
  headers: DoorHeaders,
  isStored: boolean,
): Omit<ExecutionOptions, "prompt"> {
  const { messages, tools, tool_choice, parallel_tool_calls, user } = asked;
  const isStateful = STATE_FIELDS.some((field) => (body[field] ?? null) !== null);
  const cache = headers["x-pbt-cache"];
  return {
    messages,
    parameters: parametersOf(name, asked, isStored ? undefined : offeredTools(body)),
    ...(tools && { tools }),
    ...(tool_choice !== undefined && { tool_choice }),
    ...(parallel_tool_calls !== undefined && { parallel_tool_calls }),
    ...(user !== undefined && { user }),
    metadata: headers["x-pbt-metadata"],
    timeout_ms: headers["x-pbt-timeout-ms"],
    // The vectors of a text are the same each time.
    cache: isStateful ? false : cache === undefined ? (name === "embeddings" ? true : undefined) : cache === "true",
    cache_control: parseCacheControl(headers["cache-control"]),
  };
}

/**
 * The parameters in the terms of all models. Those that only the door's format has go to whoever
 * speaks it, and count among what a call may cost. So do the `tools` of a body that is relayed; a
 * stored prompt is given them in our own terms.
 */
function parametersOf(name: DoorName, { parameters, own }: DoorRequest, tools: unknown[] | undefined) {
  const api = name === "chat" ? "chat/completions" : name === "responses" ? "responses" : undefined;
  const options = { ...own, ...(tools && { tools }), ...(api && { api }) };
  return { ...parameters, provider_options: { [providerOfDoor(name)]: options } };
}
