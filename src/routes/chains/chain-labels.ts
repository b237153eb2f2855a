import * as z from "zod";
import {
  ifLabelMatches,
  labelsView,
  labelView,
  moveAsked,
  moveView,
  reasonSchema,
  splitOf,
  splitSchema,
  toLabelView,
  toMeaning,
  toMoveView,
  unexpectedMeaning,
} from "../prompts/label-views.ts";
import { createRouter, json, nameSchema, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";

const chainPath = z.object({ name: promptNameSchema.describe("The chain") });
const labelPath = chainPath.extend({ label: nameSchema.describe("The label") });

const putLabel = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/chains/{name}/labels/{label}",
  summary: "Point a label of a chain at a version, or split it among several",
  request: { params: labelPath, headers: ifLabelMatches, body: json(splitSchema, "One version, or a split") },
  responses: { 200: json(labelsView, "The label"), 412: unexpectedMeaning },
});

const listLabels = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/chains/{name}/labels",
  summary: "List a chain's labels by name; `latest` is not among them",
  request: { params: chainPath, query: pageQuery },
  responses: { 200: json(pageOf(labelView), "A page of labels") },
});

const listMoves = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/chains/{name}/labels/{label}/history",
  summary: "List who moved a label of a chain when, from what to what, and why; newest first",
  request: { params: labelPath, query: pageQuery },
  responses: { 200: json(pageOf(moveView), "A page of moves") },
});

const rollback = securedRoute("prompts:write", {
  method: "post",
  path: "/v1/chains/{name}/labels/{label}/rollback",
  summary: "Point a label of a chain at what it meant before",
  request: {
    params: labelPath,
    headers: ifLabelMatches,
    body: json(z.strictObject({ reason: reasonSchema }), "Why; nothing of it is needed"),
  },
  responses: { 200: json(labelsView, "The label"), 412: unexpectedMeaning },
});

const deleteLabel = securedRoute("prompts:write", {
  method: "delete",
  path: "/v1/chains/{name}/labels/{label}",
  summary: "Delete a label of a chain; its history stays",
  request: { params: labelPath, headers: ifLabelMatches, query: z.object({ reason: reasonSchema }) },
  responses: { 204: { description: "Deleted" }, 412: unexpectedMeaning },
});

/** Labels of chains: move them, back too, delete them, and read what they meant. */
export const chainLabelRoutes = createRouter()
  .openapi(putLabel, async (c) => {
    const { reason, ...wanted } = c.req.valid("json");
    const { name, label } = c.req.valid("param");
    await c.var.services.setChainLabel({ ...moveAsked(c, { name, label, reason }), split: splitOf(wanted) });
    return c.json({ name, label, ...wanted }, 200);
  })
  .openapi(listLabels, async (c) => {
    const query = { ...c.req.valid("param"), ...c.req.valid("query") };
    const { data, next_cursor } = await c.var.services.listChainLabels(c.var.principal.tenant_id, query);
    return c.json({ data: data.map(toLabelView), next_cursor }, 200);
  })
  .openapi(listMoves, async (c) => {
    const { tenant_id } = c.var.principal;
    const query = { tenant_id, ...c.req.valid("param"), ...c.req.valid("query") };
    const { data, next_cursor } = await c.var.services.listChainLabelMoves(query);
    return c.json({ data: data.map(toMoveView), next_cursor }, 200);
  })
  .openapi(rollback, async (c) => {
    const { name, label } = c.req.valid("param");
    const { reason } = c.req.valid("json");
    const split = await c.var.services.rollbackChainLabel(moveAsked(c, { name, label, reason }));
    return c.json({ name, label, ...toMeaning(split) }, 200);
  })
  .openapi(deleteLabel, async (c) => {
    const { reason } = c.req.valid("query");
    await c.var.services.deleteChainLabel(moveAsked(c, { ...c.req.valid("param"), reason }));
    return c.body(null, 204);
  });
