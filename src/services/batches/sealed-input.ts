import { gunzipSync, gzipSync } from "node:zlib";
import type { BatchRequest } from "../../domain/batches/batch-record.ts";
import { type ItemInput, readItemInput } from "../../domain/batches/item-input.ts";
import { AppError } from "../../domain/errors.ts";
import type { DoorCall } from "../../domain/executions/door-call.ts";
import type { ExecutionOptions, ExecutionRequest } from "../../domain/executions/execution-options.ts";
import { parseOrdered } from "../../lib/ordered-json.ts";
import type { BatchRow } from "../../storage/batches/batches.ts";
import type { BatchDeps } from "./batch-deps.ts";
import { dataKey } from "./data-key.ts";

/**
 * What a sealed text begins with. With it the text is no JSON: code that knows no sealed inputs
 * fails on it before it calls anybody, and tries again.
 */
const SEALED_MARK = "sealed:";

/** Longer JSON is not compressed, which would take an isolate half a second. */
const MOST_CHARACTERS = 8_000_000;

type SealDeps = Pick<BatchDeps, "tenants" | "vault">;

/** The parts of a batch that an item's input is read with. */
type BatchOfItem = Pick<BatchRow, "id" | "tenant_id" | "request" | "asked">;

/** What is stored of an asynchronous execution. */
export interface StoredExecution extends Pick<BatchRow, "asked"> {
  /** The text of its item. */
  variables: string;
  /** The options without what {@link SealedInput} has of them. */
  request: ExecutionOptions;
}

/**
 * What is sealed: the texts, of which the options of a door's call repeat its body, and whatever
 * may have a secret, as the tools and parameters that name an MCP server.
 */
interface SealedInput extends ItemInput {
  options: Pick<ExecutionOptions, "messages" | "tools" | "parameters">;
}

/** What an item has of its own, and what its batch asks for all. */
export type OpenedInput = ItemInput & { options: BatchRequest };

/**
 * Compresses and encrypts the input of an asynchronous execution for its row. What a door tells of
 * the request later stays readable, because each poll tells it. Throws 413.
 */
export async function sealInput(
  deps: SealDeps,
  id: string,
  { tenant_id, variables, door, options }: ExecutionRequest,
): Promise<StoredExecution> {
  const { messages, tools, parameters, ...open } = options;
  const { input, ...asked } = door?.asked ?? {};
  const call = door && { ...door, asked: input === undefined ? undefined : { input } };
  const sealed: SealedInput = { variables, door: call, options: { messages, tools, parameters } };
  const json = JSON.stringify(sealed);
  if (json.length > MOST_CHARACTERS) {
    throw new AppError("payload_too_large", "The request is too large to be kept until it is executed.");
  }
  const bytes = new Uint8Array(gzipSync(json));
  const text = await deps.vault.sealBytes(await dataKey(deps, tenant_id), tenant_id, placeOf(tenant_id, id), bytes);
  const told = door?.asked ? JSON.stringify(asked) : null;
  return { variables: SEALED_MARK + text, request: { ...open, parameters: {} }, asked: told };
}

/** Reads the input of an item, sealed or not. Throws where it does not open. */
export async function openInput(deps: SealDeps, batch: BatchOfItem, text: string): Promise<OpenedInput> {
  const { id, tenant_id, request, asked } = batch;
  if (request === null) throw new AppError("internal_error", "The batch has no request.");
  if (!text.startsWith(SEALED_MARK)) return { ...readItemInput(text), options: request };
  const sealed = text.slice(SEALED_MARK.length);
  const bytes = await deps.vault.openBytes(await dataKey(deps, tenant_id), tenant_id, placeOf(tenant_id, id), sealed);
  const { variables, door, options } = parseOrdered(new TextDecoder().decode(gunzipSync(bytes))) as SealedInput;
  const told = asked === null ? undefined : { ...(parseOrdered(asked) as DoorCall["asked"]), ...door?.asked };
  return { variables, options: { ...request, ...options }, ...(door && { door: { ...door, asked: told } }) };
}

/** The associated data of a sealed input: one of another row does not open. */
function placeOf(tenantId: string, id: string): string {
  return `input|${tenantId}|${id}`;
}
