import * as z from "zod";
import type { Lane } from "../lane.ts";
import { nameSchema } from "../name.ts";
import type { PromptReference } from "../prompts/prompt-reference.ts";
import type { CacheDirectives } from "./cache-control.ts";

const modelName = z.string().min(1).max(128);
const stop = z.string().min(1).max(64);
const metadataValue = z.union([z.string().max(512), z.number(), z.boolean()]);

/** How a prompt is named beside its name: by version, by label, or by neither. */
export const versionFields = {
  version: z.int().min(1).optional(),
  label: nameSchema.optional(),
};

/**
 * The options of an execution as the wire names them. This is the only list of these fields:
 * the routes build their bodies from it, and {@link ExecutionOptions} is inferred from it.
 */
export const optionFields = {
  model: modelName.optional().describe("A model's name, or `auto`"),
  models: z
    .array(modelName)
    .min(1)
    .max(8)
    .optional()
    .describe("Models in the order they are tried, in place of `model`"),
  parameters: z
    .strictObject({
      temperature: z.number().min(0).max(2).optional(),
      max_tokens: z.int().min(1).max(1_000_000).optional(),
      top_p: z.number().min(0).max(1).optional(),
      stop: z.union([stop.transform((one) => [one]), z.array(stop).min(1).max(4)]).optional(),
    })
    .default({}),
  queue: z.boolean().optional().describe("False: fail with 429 rather than wait for capacity"),
  cache: z
    .boolean()
    .optional()
    .describe("False refuses stored answers; true asks for them where the prompt does not say"),
  user: z.string().min(1).max(256).optional(),
  metadata: z
    .record(z.string().max(64), metadataValue)
    .refine((record) => Object.keys(record).length <= 16, "has more than 16 entries")
    .optional(),
  timeout_ms: z.int().min(1).max(300_000).optional(),
};

/**
 * What a caller asks of an execution beside its variables. Parsed once at the door and passed
 * whole; all items of a batch share one. `timeout_ms` bounds each execution as a whole.
 */
export interface ExecutionOptions extends z.infer<z.ZodObject<typeof optionFields>> {
  prompt: PromptReference;
  /** The directives of the request's `Cache-Control` header. */
  cache_control: CacheDirectives;
}

/** One execution to be made: who asks, for which variables, in which lane, with which options. */
export interface ExecutionRequest {
  tenant_id: string;
  key_id: string;
  lane: Lane;
  variables: Record<string, unknown>;
  options: ExecutionOptions;
  /** The execution's id where it was assigned earlier; then it is recorded before it is answered. */
  id?: string;
}

/**
 * What an idempotency key is compared by: all that decides the result, and the form of the reply.
 * Neither the caller's key nor the execution's id is part of it.
 */
export function requestIdentity(request: ExecutionRequest, form: "whole" | "stream" | "async"): object {
  const { options, variables, lane } = request;
  return { ...options, variables, lane, form };
}
