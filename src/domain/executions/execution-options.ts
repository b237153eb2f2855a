import * as z from "zod";
import { type Lane, LANES } from "../lane.ts";
import type { TraceContext } from "../trace-context.ts";
import type { Purpose } from "../gate/protocol/messages.ts";
import { MAX_TIMEOUT_MS } from "../time-limits.ts";
import { nameSchema } from "../name.ts";
import type { Message } from "../completions/message.ts";
import { messagesSchema, toolChoiceSchema, toolsSchema } from "../completions/message-schema.ts";
import { parameterFields } from "../completions/parameter-schema.ts";
import type { PromptReference } from "../prompts/prompt-reference.ts";
import type { PromptDefinition } from "../prompts/prompt.ts";
import type { DoorCall } from "./door-call.ts";
import { type CacheDirectives, parseCacheControl } from "./cache-control.ts";

const modelName = z.string().min(1).max(128);
const metadataValue = z.union([z.string().max(512), z.number(), z.boolean()]);

/**
 * The body of an execution as the wire names its fields, beside `prompt`. This is the only list of
 * them: the routes build their bodies from it, and {@link ExecutionOptions} is inferred from it.
 */
export const executionFields = {
  version: z.int().min(1).optional(),
  label: nameSchema.optional(),
  variables: z.record(z.string(), z.unknown()).default({}),
  model: modelName.optional().describe("A model's name, or `auto`"),
  models: z
    .array(modelName)
    .min(1)
    .max(8)
    .optional()
    .describe("Models in the order they are tried, in place of `model`"),
  parameters: z.strictObject(parameterFields).default({}),
  messages: messagesSchema.optional().describe("Continue the conversation after the prompt's own messages"),
  tools: toolsSchema.optional().describe("In place of the prompt's tools"),
  tool_choice: toolChoiceSchema.optional(),
  parallel_tool_calls: z.boolean().optional(),
  include: z
    .array(z.enum(["reasoning"]))
    .max(1)
    .optional()
    .describe("What else of the answer is wanted"),
  stream: z.boolean().default(false),
  priority: z
    .enum(LANES)
    .optional()
    .describe(
      "The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high`",
    ),
  queue: z.boolean().optional().describe("False: fail with 429 rather than wait for capacity"),
  async: z
    .boolean()
    .default(false)
    .describe("Accept now, execute later: 202, and the execution's address in `Location`"),
  cache: z
    .boolean()
    .optional()
    .describe("False refuses stored answers; true asks for them where the prompt does not say"),
  user: z.string().min(1).max(256).optional(),
  metadata: z
    .record(z.string().max(64), metadataValue)
    .refine((record) => Object.keys(record).length <= 16, "has more than 16 entries")
    .optional(),
  timeout_ms: z.int().min(1).max(MAX_TIMEOUT_MS).optional(),
};

/** The name of a prompt that no prompt can have: that of an execution without a stored prompt. */
export const NO_PROMPT_NAME = "";

const { version, label, variables: _each, stream: _form, priority: _lane, async: _later, ...options } = executionFields;

/** The fields that name a version of a prompt. */
export const versionFields = { version, label };

/** The fields that every execution has, whatever its form: {@link ExecutionOptions} on the wire. */
export const optionFields = options;

/**
 * What a caller asks of an execution beside its variables. Parsed once at the door and passed
 * whole; all items of a batch share one. `timeout_ms` bounds each execution as a whole.
 */
export interface ExecutionOptions extends Omit<z.infer<z.ZodObject<typeof optionFields>>, "messages"> {
  messages?: Message[];
  prompt: PromptReference;
  /** The directives of the request's `Cache-Control` header. */
  cache_control: CacheDirectives;
}

/** One execution to be made: its tenant and key, its lane, its variables and its options. */
export interface ExecutionRequest {
  tenant_id: string;
  key_id: string;
  lane: Lane;
  variables: Record<string, unknown>;
  options: ExecutionOptions;
  /** What a client of a door asks; absent for every other execution. */
  door?: DoorCall;
  /**
   * Whether its stream goes on with another call where it breaks off. It is no part of its
   * identity.
   */
  restarts?: boolean;
  /** The purpose whose concurrency its calls count against; `execution` where absent. */
  purpose?: Purpose;
  /**
   * What is tried in place of the stored definition of the version, before it is published. Its
   * answers must not be stored.
   */
  draft?: PromptDefinition;
  /** How long it may take where neither its caller nor its prompt says, in ms. */
  default_timeout_ms?: number;
  /**
   * The execution's id where it was assigned earlier; then it is recorded before it is answered.
   */
  id?: string;
  /** Where it stands in a trace. It is no part of its identity. */
  trace?: TraceContext;
}

/**
 * What an idempotency key is compared by: the body with the prompt it is for, and the form of the
 * reply. Neither the caller's key, nor the execution's id, nor a header is part of it.
 */
export function requestIdentity(request: ExecutionRequest, form: "whole" | "stream" | "async"): object {
  return earlierIdentity({ ...request, options: { ...request.options, cache_control: parseCacheControl("") } }, form);
}

/**
 * The identity of a request by which earlier versions stored it: `Cache-Control` was part of it.
 */
export function earlierIdentity(request: ExecutionRequest, form: "whole" | "stream" | "async"): object {
  const { options, variables, lane, door } = request;
  return {
    ...options,
    variables,
    lane,
    form,
    ...(door && { door: [door.relay.door, door.relay.body ?? formOf(door)] }),
  };
}

/** What the client of a door wants of a stored prompt's answer beside the options. */
function formOf({ output_schema, output_format, reasoning, relay: { tells_usage } }: DoorCall): object {
  return { output_schema, output_format, reasoning, tells_usage };
}
