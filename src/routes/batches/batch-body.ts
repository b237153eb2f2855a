import * as z from "zod";
import { BATCH_MODES, MAX_UPLOAD_BYTES } from "../../domain/batches/batch.ts";
import { type CacheDirectives, parseCacheControl } from "../../domain/executions/cache-control.ts";
import { AppError, invalid } from "../../domain/errors.ts";
import { parseJsonBody } from "../../domain/json-body.ts";
import { MAX_TIMEOUT_MS } from "../../domain/time-limits.ts";
import { jsonElements } from "../../lib/json-elements.ts";
import { linesOf, textOf } from "../../lib/text-stream.ts";
import type { AppContext } from "../../middleware/context.ts";
import type { BatchHeader, BatchSubmission } from "../../services/batches/accept-batch.ts";
import { optionFields, versionFields } from "../../domain/executions/execution-options.ts";
import { toFieldErrors } from "../field-errors.ts";
import { promptNameSchema } from "../router.ts";

const maxCost = z.number().positive().max(1_000_000);
const webhook = z
  .union([z.string().max(2048), z.object({ url: z.string().max(2048) }).transform(({ url }) => url)])
  .describe("Receives an event at the end of the batch, signed per Standard Webhooks");
const { queue: _notForBatches, ...itemOptions } = optionFields;
const shared = { prompt: promptNameSchema, mode: z.enum(BATCH_MODES).default("queue") };

/** A batch as JSON, without its items: they are read as they come and checked one by one. */
export const batchBody = z.strictObject({
  ...shared,
  ...versionFields,
  ...itemOptions,
  max_cost_usd: maxCost.optional(),
  webhook: webhook.optional(),
});

/** What is left of a JSON body once its items are read. */
const batchHeader = batchBody.extend({ items: z.unknown() }).transform(({ items: _read, ...header }) => header);

/** The settings of an NDJSON batch, as query parameters: the flat ones of {@link batchBody}. */
export const batchQuery = z.strictObject({
  ...shared,
  label: versionFields.label,
  model: itemOptions.model,
  user: itemOptions.user,
  version: z.coerce.number().int().min(1).optional(),
  cache: z.stringbool().optional(),
  timeout_ms: z.coerce.number().int().min(1).max(MAX_TIMEOUT_MS).optional(),
  max_cost_usd: z.coerce.number().pipe(maxCost).optional(),
  webhook: z.string().max(2048).optional(),
});

/** One item, for the OpenAPI document. */
export const batchItem = z.strictObject({
  custom_id: z.string().min(1).max(256).optional(),
  variables: z.record(z.string(), z.unknown()),
});

/**
 * The body of a batch. The header of a JSON body is known only after the items, because its fields
 * may follow them.
 */
export type BatchBody = Pick<BatchSubmission, "items" | "header">;

/**
 * Reads a batch's body without holding it in memory. This function, the items and the header throw
 * 400 for an unknown content type or broken JSON, 413, and 422 naming the field.
 */
export function readBatchBody(c: AppContext): BatchBody {
  const body = c.req.raw.body;
  if (!body) throw invalid([{ path: "body", message: "is missing" }]);
  const cacheControl = parseCacheControl(c.req.header("cache-control"));
  const { maxBodyBytes } = c.var.services.config;
  const text = textOf(body, MAX_UPLOAD_BYTES, {
    tooLarge: () => new AppError("payload_too_large", `The body is larger than ${MAX_UPLOAD_BYTES} bytes.`),
    notUtf8: (cause) => new AppError("bad_request", "The body is not UTF-8.", { cause }),
  });
  const itemTooLong = (item: number) =>
    invalid([{ path: `items.${item}`, message: `is larger than ${maxBodyBytes} bytes` }]);
  const type = (c.req.header("content-type") ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  if (type === "application/x-ndjson" || type === "application/jsonl") {
    const header = headerOf(batchQuery.safeParse(c.req.query()), cacheControl);
    return { items: linesOf(text, maxBodyBytes, itemTooLong), header };
  }
  if (!JSON_TYPES.has(type)) {
    throw new AppError("bad_request", "Send the batch as application/json or application/x-ndjson.");
  }
  const notJson = () => new AppError("bad_request", "The body is not valid JSON.");
  const tooLong = (element: number | null) =>
    element === null ? new AppError("payload_too_large", "Only the items may be this long.") : itemTooLong(element);
  const json = jsonElements(text, "items", maxBodyBytes, { notJson, tooLong });
  return {
    items: json.elements,
    header: () => headerOf(batchHeader.safeParse(parseJsonBody(json.rest(), notJson)), cacheControl),
  };
}

/** JSON, and the content types that clients send by default. */
const JSON_TYPES = new Set(["application/json", "", "text/plain", "application/x-www-form-urlencoded"]);

function headerOf(
  parsed: z.ZodSafeParseResult<z.infer<typeof batchQuery> & Partial<z.infer<typeof batchBody>>>,
  cache_control: CacheDirectives,
): BatchHeader {
  if (!parsed.success) throw invalid(toFieldErrors(parsed.error));
  const { mode, max_cost_usd, webhook: url, prompt: name, version, label, parameters = {}, ...rest } = parsed.data;
  const options = { ...rest, parameters, prompt: { name, version, label }, cache_control };
  return { options, mode, max_cost_usd, webhook: url };
}
