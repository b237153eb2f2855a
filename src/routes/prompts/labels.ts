import * as z from "zod";
import { promotionView, toPromotionView } from "../promotions/promotion-views.ts";
import { createRouter, json, securedRoute } from "../router.ts";
import { addLabelRoutes, labelRequest } from "./label-routes.ts";
import { labelsView, moveAsked, splitOf, unexpectedMeaning } from "./label-views.ts";

const putLabel = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/prompts/{name}/labels/{label}",
  summary: "Point a label at a version, or split it among several",
  request: labelRequest("prompt").put,
  responses: {
    200: json(labelsView, "The label"),
    202: json(z.object({ promotion: promotionView }), "The label is protected: it moves once all checks have passed"),
    412: unexpectedMeaning,
  },
});

/** Labels: move them, back too, delete them, and read what they meant. */
export const labelRoutes = createRouter();

labelRoutes.openapi(putLabel, async (c) => {
  const { reason, ...wanted } = c.req.valid("json");
  const { name, label } = c.req.valid("param");
  const asked = await c.var.services.moveLabel({ ...moveAsked(c, { name, label, reason }), split: splitOf(wanted) });
  if (asked) return c.json({ promotion: toPromotionView(asked) }, 202);
  return c.json({ name, label, ...wanted }, 200);
});

addLabelRoutes(labelRoutes, {
  noun: "prompt",
  rollsBack: ", even if it is protected",
  list: (services) => services.listLabels,
  moves: (services) => services.listMoves,
  rollback: (services) => services.rollbackLabel,
  delete: (services) => services.deleteLabel,
});
