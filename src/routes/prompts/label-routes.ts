import * as z from "zod";
import type { AppContext, AppEnv } from "../../middleware/context.ts";
import { type ApiRouter, json, nameSchema, pageOf, pageQuery, promptNameSchema, securedRoute } from "../router.ts";
import {
  ifLabelMatches,
  labelsView,
  labelView,
  moveAsked,
  moveView,
  reasonSchema,
  splitSchema,
  toLabelView,
  toMeaning,
  toMoveView,
  unexpectedMeaning,
} from "./label-views.ts";

type Services = AppEnv["Variables"]["services"];

/** Whose labels they are, and the use cases behind them. */
export interface LabelOwner {
  noun: "prompt" | "chain";
  /** What a rollback does beside what it does to any label. */
  rollsBack: string;
  list(services: Services): Services["listLabels"];
  moves(services: Services): Services["listMoves"];
  rollback(services: Services): Services["rollbackLabel"];
  delete(services: Services): Services["deleteLabel"];
}

/** The parameters of a path to a label of a prompt or chain, and what sets it. */
export function labelRequest(noun: LabelOwner["noun"]) {
  const owner = z.object({ name: promptNameSchema.describe(`The ${noun}`) });
  const label = owner.extend({ label: nameSchema.describe("The label") });
  const put = { params: label, headers: ifLabelMatches, body: json(splitSchema, "One version, or a split") };
  return { owner, label, put };
}

function routesOf({ noun, rollsBack }: LabelOwner) {
  const paths = labelRequest(noun);
  const labels = `/v1/${noun}s/{name}/labels`;
  const list = securedRoute("prompts:read", {
    method: "get",
    path: labels,
    summary: `List a ${noun}'s labels by name; \`latest\` is not among them`,
    request: { params: paths.owner, query: pageQuery },
    responses: { 200: json(pageOf(labelView), "A page of labels") },
  });
  const moves = securedRoute("prompts:read", {
    method: "get",
    path: `${labels}/{label}/history`,
    summary: `List who moved a label of a ${noun} when, from what to what, and why; newest first`,
    request: { params: paths.label, query: pageQuery },
    responses: { 200: json(pageOf(moveView), "A page of moves") },
  });
  const rollback = securedRoute("prompts:write", {
    method: "post",
    path: `${labels}/{label}/rollback`,
    summary: `Point a label of a ${noun} at what it meant before${rollsBack}`,
    request: {
      params: paths.label,
      headers: ifLabelMatches,
      body: json(z.strictObject({ reason: reasonSchema }), "Why; nothing of it is needed"),
    },
    responses: { 200: json(labelsView, "The label"), 412: unexpectedMeaning },
  });
  const remove = securedRoute("prompts:write", {
    method: "delete",
    path: `${labels}/{label}`,
    summary: `Delete a label of a ${noun}; its history stays`,
    request: { params: paths.label, headers: ifLabelMatches, query: z.object({ reason: reasonSchema }) },
    responses: { 204: { description: "Deleted" }, 412: unexpectedMeaning },
  });
  return { list, moves, rollback, remove };
}

/** Adds the routes that labels of prompts and of chains have alike: all but the one that sets them. */
export function addLabelRoutes(router: ApiRouter, owner: LabelOwner): void {
  const { list, moves, rollback, remove } = routesOf(owner);
  router
    .openapi(list, async (c) => {
      const query = { ...c.req.valid("param"), ...c.req.valid("query") };
      const { data, next_cursor } = await owner.list(servicesOf(c))(c.var.principal.tenant_id, query);
      return c.json({ data: data.map(toLabelView), next_cursor }, 200);
    })
    .openapi(moves, async (c) => {
      const query = { tenant_id: c.var.principal.tenant_id, ...c.req.valid("param"), ...c.req.valid("query") };
      const { data, next_cursor } = await owner.moves(servicesOf(c))(query);
      return c.json({ data: data.map(toMoveView), next_cursor }, 200);
    })
    .openapi(rollback, async (c) => {
      const { name, label } = c.req.valid("param");
      const { reason } = c.req.valid("json");
      const split = await owner.rollback(servicesOf(c))(moveAsked(c, { name, label, reason }));
      return c.json({ name, label, ...toMeaning(split) }, 200);
    })
    .openapi(remove, async (c) => {
      const { reason } = c.req.valid("query");
      await owner.delete(servicesOf(c))(moveAsked(c, { ...c.req.valid("param"), reason }));
      return c.body(null, 204);
    });
}

function servicesOf(c: AppContext): Services {
  return c.get("services");
}
