import * as z from "zod";
import { PROMOTION_STATUSES } from "../../domain/promotions/promotion.ts";
import type { AppContext } from "../../middleware/context.ts";
import { createRouter, json, nameSchema, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";
import {
  promotionView,
  protectionSchema,
  protectionView,
  toPromotionView,
  toProtectionView,
} from "./promotion-views.ts";

const labelPath = z.object({
  name: promptNameSchema.describe("The prompt"),
  label: nameSchema.describe("The label; it need not be set yet"),
});
const promotionPath = z.object({ id: z.string().max(64).describe("The id of the promotion") });

const putProtection = securedRoute("prompts:approve", {
  method: "put",
  path: "/v1/prompts/{name}/labels/{label}/protection",
  summary: "Set what a label has to pass before it moves",
  description: "Promotions of the label that are pending under other rules are cancelled.",
  request: { params: labelPath, body: json(protectionSchema, "The checks; without any the label moves at once") },
  responses: { 200: json(protectionView, "The protection") },
});

const getProtection = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/prompts/{name}/labels/{label}/protection",
  summary: "Read what a label has to pass before it moves",
  request: { params: labelPath },
  responses: { 200: json(protectionView, "The protection, be it none") },
});

const listPromotions = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/promotions",
  summary: "List promotions, newest first",
  request: { query: pageQuery.extend({ status: z.enum(PROMOTION_STATUSES).optional() }) },
  responses: { 200: json(pageOf(promotionView), "A page of promotions") },
});

const getPromotion = securedRoute("prompts:read", {
  method: "get",
  path: "/v1/promotions/{id}",
  summary: "Read a promotion",
  request: { params: promotionPath },
  responses: { 200: json(promotionView, "The promotion") },
});

const approve = securedRoute("prompts:approve", {
  method: "post",
  path: "/v1/promotions/{id}/approve",
  summary: "Approve a promotion, by another key than the one that asked",
  request: { params: promotionPath },
  responses: { 200: json(promotionView, "The promotion; the label has moved if nothing else was missing") },
});

const cancel = securedRoute("prompts:write", {
  method: "post",
  path: "/v1/promotions/{id}/cancel",
  summary: "Cancel a pending promotion",
  request: { params: promotionPath },
  responses: { 200: json(promotionView, "The promotion, which is cancelled") },
});

/** Promotions: what protected labels have to pass, who approves, and what became of it. */
export const promotionRoutes = createRouter()
  .openapi(putProtection, async (c) => {
    const { tenant_id, key_id } = c.var.principal;
    const { auto_rollback = null, ...gates } = c.req.valid("json");
    const protection = { ...gates, auto_rollback };
    await c.var.services.protectLabel({ tenant_id, ...c.req.valid("param") }, protection, key_id);
    return c.json(toProtectionView(protection), 200);
  })
  .openapi(getProtection, async (c) => {
    const { tenant_id } = c.var.principal;
    const protection = await c.var.services.readProtection({ tenant_id, ...c.req.valid("param") });
    return c.json(toProtectionView(protection), 200);
  })
  .openapi(listPromotions, async (c) => {
    const page = await c.var.services.listPromotions(c.var.principal.tenant_id, c.req.valid("query"));
    return c.json({ data: page.data.map(toPromotionView), next_cursor: page.next_cursor }, 200);
  })
  .openapi(getPromotion, async (c) => {
    const found = await c.var.services.readPromotion({ ...callerOf(c), id: c.req.valid("param").id });
    return c.json(toPromotionView(found), 200);
  })
  .openapi(approve, async (c) => {
    const approved = await c.var.services.approvePromotion({ ...callerOf(c), id: c.req.valid("param").id });
    return c.json(toPromotionView(approved), 200);
  })
  .openapi(cancel, async (c) => {
    const cancelled = await c.var.services.cancelPromotion({ ...callerOf(c), id: c.req.valid("param").id });
    return c.json(toPromotionView(cancelled), 200);
  });

function callerOf(c: AppContext): { tenant_id: string; key_id: string } {
  const { tenant_id, key_id } = c.var.principal;
  return { tenant_id, key_id };
}
