import * as z from "zod";
import { createRouter, json, nameSchema, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";
import { promotionView, toPromotionView } from "../promotions/promotion-views.ts";
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
} from "./label-views.ts";

const promptPath = z.object({ name: promptNameSchema.describe("The prompt") });
const labelPath = promptPath.extend({ label: nameSchema.describe("The label") });

const putLabel = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/prompts/{name}/labels/{label}",
  summary: "Point a label at a version, or split it among several",
  request: { params: labelPath, headers: ifLabelMatches, body: json(splitSchema, "One version, or a split") },
  responses: {
    200: json(labelsView, "The label"),
    202: json(z.object({ promotion: promotionView }), "The label is protected: it moves once all checks have passed"),
    412: unexpectedMeaning,
  },
});

const listLabels = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/prompts/{name}/labels",
  summary: "List a prompt's labels by name; `latest` is not among them",
  request: { params: promptPath, query: pageQuery },
  responses: { 200: json(pageOf(labelView), "A page of labels") },
});

const listMoves = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/prompts/{name}/labels/{label}/history",
  summary: "List who moved a label when, from what to what, and why; newest first",
  request: { params: labelPath, query: pageQuery },
  responses: { 200: json(pageOf(moveView), "A page of moves") },
});

const rollback = securedRoute("prompts:write", {
  method: "post",
  path: "/v1/prompts/{name}/labels/{label}/rollback",
  summary: "Point a label at what it meant before, even if it is protected",
  request: {
    params: labelPath,
    headers: ifLabelMatches,
    body: json(z.strictObject({ reason: reasonSchema }), "Why; nothing of it is needed"),
  },
  responses: { 200: json(labelsView, "The label"), 412: unexpectedMeaning },
});

const deleteLabel = securedRoute("prompts:write", {
  method: "delete",
  path: "/v1/prompts/{name}/labels/{label}",
  summary: "Delete a label; its history stays",
  request: { params: labelPath, headers: ifLabelMatches, query: z.object({ reason: reasonSchema }) },
  responses: { 204: { description: "Deleted" }, 412: unexpectedMeaning },
});

/** Labels: move them, back too, delete them, and read what they meant. */
export const labelRoutes = createRouter()
  .openapi(putLabel, async (c) => {
    const { reason, ...wanted } = c.req.valid("json");
    const { name, label } = c.req.valid("param");
    const asked = await c.var.services.moveLabel({
      ...moveAsked(c, { name, label, reason }),
      split: splitOf(wanted),
    });
    if (asked) return c.json({ promotion: toPromotionView(asked) }, 202);
    return c.json({ name, label, ...wanted }, 200);
  })
  .openapi(listLabels, async (c) => {
    const query = { ...c.req.valid("param"), ...c.req.valid("query") };
    const { data, next_cursor } = await c.var.services.listLabels(c.var.principal.tenant_id, query);
    return c.json({ data: data.map(toLabelView), next_cursor }, 200);
  })
  .openapi(listMoves, async (c) => {
    const { tenant_id } = c.var.principal;
    const { data, next_cursor } = await c.var.services.listMoves({
      tenant_id,
      ...c.req.valid("param"),
      ...c.req.valid("query"),
    });
    return c.json({ data: data.map(toMoveView), next_cursor }, 200);
  })
  .openapi(rollback, async (c) => {
    const { name, label } = c.req.valid("param");
    const { reason } = c.req.valid("json");
    const split = await c.var.services.rollbackLabel(moveAsked(c, { name, label, reason }));
    return c.json({ name, label, ...toMeaning(split) }, 200);
  })
  .openapi(deleteLabel, async (c) => {
    const { reason } = c.req.valid("query");
    await c.var.services.deleteLabel(moveAsked(c, { ...c.req.valid("param"), reason }));
    return c.body(null, 204);
  });
