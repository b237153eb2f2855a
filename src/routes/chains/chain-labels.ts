import { addLabelRoutes, labelRequest } from "../prompts/label-routes.ts";
import { labelsView, moveAsked, splitOf, unexpectedMeaning } from "../prompts/label-views.ts";
import { createRouter, json, securedRoute } from "../router.ts";

const putLabel = securedRoute("prompts:write", {
  method: "put",
  path: "/v1/chains/{name}/labels/{label}",
  summary: "Point a label of a chain at a version, or split it among several",
  request: labelRequest("chain").put,
  responses: { 200: json(labelsView, "The label"), 412: unexpectedMeaning },
});

/** Labels of chains: move them, back too, delete them, and read what they meant. */
export const chainLabelRoutes = createRouter();

chainLabelRoutes.openapi(putLabel, async (c) => {
  const { reason, ...wanted } = c.req.valid("json");
  const { name, label } = c.req.valid("param");
  await c.var.services.setChainLabel({ ...moveAsked(c, { name, label, reason }), split: splitOf(wanted) });
  return c.json({ name, label, ...wanted }, 200);
});

addLabelRoutes(chainLabelRoutes, {
  noun: "chain",
  rollsBack: "",
  list: (services) => services.listChainLabels,
  moves: (services) => services.listChainLabelMoves,
  rollback: (services) => services.rollbackChainLabel,
  delete: (services) => services.deleteChainLabel,
});
