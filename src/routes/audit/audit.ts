import * as z from "zod";
import { AUDIT_ACTIONS, isActor, readActionFilter, readObjectFilter } from "../../domain/audit/audit-entry.ts";
import { timeOfId } from "../../domain/id.ts";
import type { NamedEntry } from "../../services/audit/read-audit.ts";
import { createRouter, json, pageOf, pageQuery, rfc3339, securedRoute, timeSchema } from "../router.ts";

/** Longer than the name of any object. */
const MAX_OBJECT = 512;

const entryView = z.object({
  id: z.string(),
  at: z.string(),
  actor: z.object({
    id: z.string().describe("The id of a key; `root`; or `system` for what no request decides on"),
    name: z.string().nullable().describe("The key's name"),
  }),
  action: z.string().describe(AUDIT_ACTIONS.map((action) => `\`${action}\``).join(", ")),
  object: z.string().describe("Such as `prompt:support/reply` or `label:support/reply@production`"),
  request_id: z.string().nullable().describe("The `x-request-id` of the request that made the change"),
  detail: z.record(z.string(), z.unknown()).describe("Facts of before and after, without secrets and contents"),
});

function toView({ entry, actor_name: name }: NamedEntry): z.infer<typeof entryView> {
  const { id, actor, action, object, request_id, detail } = entry;
  return { id, at: rfc3339(timeOfId(id)), actor: { id: actor, name }, action, object, request_id, detail };
}

const auditQuery = pageQuery.extend({
  actor: z
    .string()
    .refine(isActor, "must be the id of a key, `root` or `system`")
    .optional()
    .describe("The id of a key, `root` or `system`"),
  action: z
    .string()
    .refine((text) => readActionFilter(text) !== undefined, "must be an action such as `label.moved`, or `label.*`")
    .optional()
    .describe("An action, or all of a kind: `label.moved`, `label.*`"),
  object: z
    .string()
    .min(1)
    .max(MAX_OBJECT)
    .optional()
    .describe("An object, or all whose names begin so: `prompt:hello`, `label:support/*`"),
  from: timeSchema.optional().describe("Entries of this time and later"),
  to: timeSchema.optional().describe("Entries before this time"),
});

const listAudit = securedRoute("admin", {
  method: "get",
  path: "/v1/audit",
  summary: "List who changed what of the tenant's settings, newest first",
  request: { query: auditQuery },
  responses: { 200: json(pageOf(entryView), "A page of entries") },
});

/** The audit log. */
export const auditRoutes = createRouter().openapi(listAudit, async (c) => {
  const { actor, action, object, from, to, ...page } = c.req.valid("query");
  const filter = {
    ...(actor !== undefined && { actor }),
    action: action === undefined ? undefined : readActionFilter(action),
    object: object === undefined ? undefined : readObjectFilter(object),
    from: from === undefined ? undefined : Date.parse(from),
    to: to === undefined ? undefined : Date.parse(to),
  };
  const { data, next_cursor } = await c.var.services.listAudit(c.var.principal.tenant_id, { ...page, ...filter });
  return c.json({ data: data.map(toView), next_cursor }, 200);
});
