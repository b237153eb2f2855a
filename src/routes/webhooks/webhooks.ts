import * as z from "zod";
import { NAME_PATTERN } from "../../domain/name.ts";
import { WEBHOOK_EVENTS } from "../../domain/webhooks/webhook-event.ts";
import { MAX_WEBHOOKS, type TenantWebhook } from "../../services/webhooks/manage-webhooks.ts";
import { createRouter, json, nameSchema, rfc3339, securedRoute } from "../router.ts";

const MAX_URL = 2_000;
const MAX_PROMPTS = 50;
const MAX_PATTERN = 160;

/** Names of prompts: segments joined by `/`, and `*` at the end for all that begin so. */
const promptPattern = z
  .string()
  .min(1)
  .max(MAX_PATTERN)
  .refine(isPromptPattern, "must be a prompt's name, or the beginning of names with `*` behind it");

function isPromptPattern(text: string): boolean {
  const segments = text.split("/");
  return segments.every((segment, at) => {
    const isLast = at === segments.length - 1;
    const name = isLast && segment.endsWith("*") ? segment.slice(0, -1) : segment;
    return (isLast && segment === "*") || NAME_PATTERN.test(name);
  });
}

const webhookView = z.object({
  name: z.string(),
  url: z.string(),
  events: z.array(z.enum(WEBHOOK_EVENTS)),
  prompts: z.array(z.string()).nullable().describe("Null where it asks for the events of all prompts"),
  created_at: z.string(),
  updated_at: z.string(),
  warnings: z.array(z.string()).describe("Empty: every event is sent"),
});
const newWebhookView = webhookView.extend({
  secret: z.string().describe("Signs the messages per Standard Webhooks; shown this once"),
});
const webhookPath = z.object({ name: nameSchema });

const putWebhook = securedRoute("admin", {
  method: "put",
  path: "/v1/webhooks/{name}",
  summary: "Set a webhook",
  request: {
    params: webhookPath,
    body: json(
      z.strictObject({
        url: z.string().min(1).max(MAX_URL).describe("https, with a public host name"),
        events: z.array(z.enum(WEBHOOK_EVENTS)).min(1).max(WEBHOOK_EVENTS.length),
        prompts: z
          .array(promptPattern)
          .min(1)
          .max(MAX_PROMPTS)
          .optional()
          .describe("Only events about these prompts, such as `support/*`, and events that are about none"),
      }),
      "The webhook",
    ),
  },
  responses: {
    200: json(webhookView, "Replaced; the secret stays as it was"),
    201: json(newWebhookView, "Set"),
  },
});

const listWebhooks = securedRoute("admin", {
  method: "get",
  path: "/v1/webhooks",
  summary: "List the webhooks by name",
  responses: {
    200: json(
      z.object({ data: z.array(webhookView), next_cursor: z.null() }),
      `The webhooks, at most ${MAX_WEBHOOKS}, without secrets`,
    ),
  },
});

const getWebhook = securedRoute("admin", {
  method: "get",
  path: "/v1/webhooks/{name}",
  summary: "Read a webhook",
  request: { params: webhookPath },
  responses: { 200: json(webhookView, "The webhook, without its secret") },
});

const deleteWebhook = securedRoute("admin", {
  method: "delete",
  path: "/v1/webhooks/{name}",
  summary: "Delete a webhook, and what was not delivered to it yet",
  request: { params: webhookPath },
  responses: { 204: { description: "Deleted" } },
});

const testWebhook = securedRoute("admin", {
  method: "post",
  path: "/v1/webhooks/{name}/test",
  summary: "Send a webhook the event `webhook.test`, once",
  request: { params: webhookPath },
  responses: {
    200: json(
      z.object({
        delivered: z.boolean(),
        status: z.int().nullable().describe("What the receiver answered; null where it did not"),
        fault: z.string().nullable(),
      }),
      "How the receiver took it",
    ),
  },
});

/** The tenant's webhooks. */
export const webhookRoutes = createRouter()
  .openapi(putWebhook, async (c) => {
    const { url, events, prompts } = c.req.valid("json");
    const setting = { name: c.req.valid("param").name, url, events: [...new Set(events)], prompts: prompts ?? null };
    const { webhook, secret } = await c.var.services.putWebhook(c.var.principal.tenant_id, setting);
    return secret === null ? c.json(toView(webhook), 200) : c.json({ ...toView(webhook), secret }, 201);
  })
  .openapi(listWebhooks, async (c) => {
    const webhooks = await c.var.services.listWebhooks(c.var.principal.tenant_id);
    return c.json({ data: webhooks.map(toView), next_cursor: null }, 200);
  })
  .openapi(getWebhook, async (c) => {
    const webhook = await c.var.services.findWebhook(c.var.principal.tenant_id, c.req.valid("param").name);
    return c.json(toView(webhook), 200);
  })
  .openapi(deleteWebhook, async (c) => {
    await c.var.services.deleteWebhook(c.var.principal.tenant_id, c.req.valid("param").name);
    return c.body(null, 204);
  })
  .openapi(testWebhook, async (c) => {
    const { tenant_id } = c.var.principal;
    const { status, fault } = await c.var.services.testWebhook(tenant_id, c.req.valid("param").name);
    return c.json({ delivered: fault === null, status, fault }, 200);
  });

function toView({ name, url, events, prompts, created_at, updated_at }: TenantWebhook): z.infer<typeof webhookView> {
  return {
    name,
    url,
    events,
    prompts,
    created_at: rfc3339(created_at),
    updated_at: rfc3339(updated_at),
    warnings: [],
  };
}
