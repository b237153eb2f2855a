import * as z from "zod";
import type { Rates } from "../../domain/completions/rates.ts";
import type { AppliedPrice } from "../../services/tenants/tenant-prices.ts";
import { createRouter, json, nameSchema, securedRoute } from "../router.ts";

const provider = nameSchema.describe("A built-in provider, or an upstream of the tenant's own");
/** The most that a rate may be, in US dollars per million tokens. */
const MAX_RATE = 10_000;
const rate = z.number().min(0).max(MAX_RATE);
const modelName = z.string().regex(/^[\x21-\x7e]{1,128}$/, "must be a model's id: up to 128 characters, no spaces");

const ratesView = z.object({
  input: z.number(),
  output: z.number(),
  cached_input: z.number(),
  cache_write_5m: z.number().describe("Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI"),
  cache_write_1h: z
    .number()
    .nullable()
    .describe("Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known"),
});

const priceView = z.object({
  provider,
  model: z.string(),
  source: z.enum(["tenant", "list"]).describe("`tenant`: the tenant's own price, which comes before the list"),
  table: z.string().describe("The table that the price stands in, with its date"),
  per: z.literal("1M"),
  ...ratesView.shape,
  longer_prompts: z
    .array(ratesView.extend({ above_tokens: z.int() }))
    .describe("The rates of all tokens of a call whose prompt has more tokens than this"),
});

function toRatesView({ input, output, cached_input, cache_write_5m, cache_write_1h }: Rates) {
  return {
    input,
    output,
    cached_input: cached_input ?? input,
    cache_write_5m: cache_write_5m ?? input,
    cache_write_1h: cache_write_1h ?? null,
  };
}

function toView({ provider, model, source, table, steps }: AppliedPrice): z.infer<typeof priceView> {
  const [base, ...longer] = steps;
  return {
    provider,
    model,
    source,
    table,
    per: "1M",
    ...toRatesView(base.rates),
    longer_prompts: longer.map(({ above, rates }) => ({ above_tokens: above, ...toRatesView(rates) })),
  };
}

const pricePath = z.object({ provider, model: modelName });

const putPrice = securedRoute("admin", {
  method: "put",
  path: "/v1/prices/{provider}/{model}",
  summary: "Set what the tenant pays for a model",
  request: {
    params: pricePath,
    body: json(
      z.object({
        input: rate,
        output: rate,
        cached_input: rate.optional(),
        cache_write_5m: rate.optional(),
        cache_write_1h: rate.optional(),
        per: z.literal("1M"),
      }),
      "US dollars per million tokens at the standard tier; an absent rate is that of `input`",
    ),
  },
  responses: { 200: json(priceView, "Replaced"), 201: json(priceView, "Stored") },
});

const listPrices = securedRoute("usage:read", {
  method: "get",
  path: "/v1/prices",
  summary: "The tenant's own prices, or the price that applies to a model",
  request: {
    query: z.object({
      model: z.string().min(1).max(260).optional().describe("A model's name; then the list has the price that applies"),
    }),
  },
  responses: { 200: json(z.object({ data: z.array(priceView), next_cursor: z.null() }), "The prices") },
});

const deletePrice = securedRoute("admin", {
  method: "delete",
  path: "/v1/prices/{provider}/{model}",
  summary: "Return to the list price of a model",
  request: { params: pricePath },
  responses: { 204: { description: "Deleted" } },
});

/** What tenants pay for models. */
export const priceRoutes = createRouter()
  .openapi(putPrice, async (c) => {
    const { provider, model } = c.req.valid("param");
    const { per: _perMillion, ...rates } = c.req.valid("json");
    const { tenant_id } = c.var.principal;
    const { price, created } = await c.var.services.prices.put(tenant_id, provider, model, rates);
    return c.json(toView(price), created ? 201 : 200);
  })
  .openapi(listPrices, async (c) => {
    const { model } = c.req.valid("query");
    const { prices } = c.var.services;
    const { tenant_id } = c.var.principal;
    const found = model === undefined ? await prices.list(tenant_id) : [await prices.find(tenant_id, model)];
    return c.json({ data: found.flatMap((price) => (price ? [toView(price)] : [])), next_cursor: null }, 200);
  })
  .openapi(deletePrice, async (c) => {
    const { provider, model } = c.req.valid("param");
    await c.var.services.prices.delete(c.var.principal.tenant_id, provider, model);
    return c.body(null, 204);
  });
