import * as z from "zod";
import { createRouter, json, nameSchema, promptNameSchema, securedRoute } from "../router.ts";

const side = z.union([z.int().min(1).max(2_147_483_647), nameSchema], "give the number of a version, or a label");
const value = z.unknown().describe("Absent on the side that does not have it");

const diffRoute = securedRoute("prompts:read", {
  method: "post",
  path: "/v1/prompts/{name}/diff",
  summary: "Compare two versions of a prompt",
  request: {
    params: z.object({ name: promptNameSchema }),
    body: json(z.strictObject({ from: side, to: side }), "Two versions, by number or label"),
  },
  responses: {
    200: json(
      z.object({
        changes: z.array(z.object({ path: z.string(), from: value.optional(), to: value.optional() })),
        variables: z.object({
          added: z.array(z.string()),
          removed: z.array(z.string()),
          retyped: z.array(z.object({ name: z.string(), from: z.string(), to: z.string() })),
        }),
        compatible: z.boolean().describe("Whether callers of `from` can call `to` without a change"),
      }),
      "What differs",
    ),
  },
});

/** The comparison of two versions. */
export const promptDiffRoutes = createRouter().openapi(diffRoute, async (c) => {
  const { name } = c.req.valid("param");
  const { from, to } = c.req.valid("json");
  return c.json(await c.var.services.diffVersions(c.var.principal.tenant_id, { name, from, to }), 200);
});
