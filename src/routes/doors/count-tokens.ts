import * as z from "zod";
import { wireOf } from "../../domain/completions/upstream.ts";
import { countMessagesTokens } from "../../domain/doors/messages/count-tokens.ts";
import { notFound } from "../../domain/errors.ts";
import { createRouter, json, securedRoute } from "../router.ts";
import { doorHeaders, relayedHeaders } from "./door-request.ts";
import { forwarded } from "./forwarded.ts";

const count = securedRoute("executions:write", {
  method: "post",
  path: "/v1/messages/count_tokens",
  summary: "Count the tokens of a request to POST /v1/messages",
  request: { headers: doorHeaders, body: json(z.record(z.string(), z.unknown()), "The same body") },
  responses: { 200: json(z.object({ input_tokens: z.int() }), "The tokens, estimated where the provider counts none") },
});

/** Anthropic counts what it is sent; for all other models the tokens are estimated. */
export const countTokensRoutes = createRouter().openapi(count, async (c) => {
  const body = c.req.valid("json");
  const { tenant_id } = c.get("principal");
  // Throws for a faulty body, before anybody is asked.
  const estimate = countMessagesTokens(body);
  const name = String(body["model"]);
  const candidate = await c.var.services.findModel(tenant_id, name);
  if (!candidate) throw notFound("model");
  if (wireOf(candidate) !== "anthropic") return forwarded(c, { status: 200, body: JSON.stringify(estimate) });
  const { provider, model } = candidate;
  const request = {
    method: "POST" as const,
    path: "/v1/messages/count_tokens",
    headers: relayedHeaders(c.req.valid("header")),
    body: JSON.stringify({ ...body, model }),
  };
  return forwarded(c, await c.var.services.askProvider({ tenant_id, provider, request }));
});
