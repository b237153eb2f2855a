import { missingAndForeign } from "./neighbour.ts";
import { issueKey, type JsonObject, publish, type Room, TRIAGE } from "./recorded-request.ts";

const LABEL = "/v1/prompts/gated/labels/production";
const PROMOTIONS = "/v1/promotions";
const GATES = { tests: false, compatible_variables: true, approvals: 1 };
const gated = (description: string, more: JsonObject = {}) =>
  publish({ ...TRIAGE, name: "gated", description, ...more });
const narrower = {
  variables: { ...TRIAGE.variables, team: { type: "string", required: true } },
};

/** Whether the checks behind the reply are made. */
function isChecked({ checks }: JsonObject): boolean {
  return Array.isArray(checks) && (checks[0] as JsonObject)["status"] !== "pending";
}

/** Protected labels and promotions. */
export const promotions: Room = {
  name: "promotions",
  setup: [
    gated("one"),
    gated("two"),
    gated("three", narrower),
    { name: "label it", method: "PUT", path: LABEL, body: { version: 1 } },
    issueKey("author", ["prompts:write", "prompts:read"]),
    issueKey("approver", ["prompts:approve", "prompts:read"]),
  ],
  requests: [
    { name: "read the protection of a label without one", path: `${LABEL}/protection` },
    { name: "protect a label", method: "PUT", path: `${LABEL}/protection`, as: "approver", body: GATES },
    { name: "protect it without the scope", method: "PUT", path: `${LABEL}/protection`, as: "author", body: GATES },
    {
      name: "protect it badly",
      method: "PUT",
      path: `${LABEL}/protection`,
      body: { tests: 1, approvals: 6, auto_rollback: { false_alarm_rate: 0.5 } },
    },
    {
      name: "protect the label latest",
      method: "PUT",
      path: LABEL.replace("production", "latest/protection"),
      body: GATES,
    },
    { name: "protect a label of no prompt", method: "PUT", path: "/v1/prompts/none/labels/x/protection", body: GATES },
    {
      name: "ask",
      method: "PUT",
      path: LABEL,
      as: "author",
      body: { version: 2, reason: "new" },
      keep: { asked: "promotion.id" },
    },
    { name: "ask for the same again", method: "PUT", path: LABEL, as: "author", body: { version: 2 } },
    { name: "ask for another meanwhile", method: "PUT", path: LABEL, body: { version: 3 } },
    { name: "ask for what it means already", method: "PUT", path: LABEL, as: "author", body: { version: 1 } },
    { name: "read it", path: `${PROMOTIONS}/$asked`, until: isChecked },
    { name: "approve it with the key that asked", method: "POST", path: `${PROMOTIONS}/$asked/approve`, as: "author" },
    { name: "approve it", method: "POST", path: `${PROMOTIONS}/$asked/approve`, as: "approver" },
    { name: "approve it again", method: "POST", path: `${PROMOTIONS}/$asked/approve`, as: "approver" },
    { name: "cancel it after its end", method: "POST", path: `${PROMOTIONS}/$asked/cancel` },
    {
      name: "ask for what callers do not give",
      method: "PUT",
      path: LABEL,
      body: { version: 3 },
      keep: { narrow: "promotion.id" },
    },
    { name: "read why it failed", path: `${PROMOTIONS}/$narrow`, until: isChecked },
    {
      name: "protect it with a rollback by itself",
      method: "PUT",
      path: `${LABEL}/protection`,
      body: { ...GATES, compatible_variables: false, auto_rollback: { feedback: true } },
    },
    { name: "read the protection", path: `${LABEL}/protection` },
    { name: "ask once more", method: "PUT", path: LABEL, body: { version: 1 }, keep: { last: "promotion.id" } },
    { name: "list what is pending", path: `${PROMOTIONS}?status=pending` },
    { name: "cancel it", method: "POST", path: `${PROMOTIONS}/$last/cancel` },
    { name: "cancel it again", method: "POST", path: `${PROMOTIONS}/$last/cancel` },
    { name: "list all", path: `${PROMOTIONS}?limit=2` },
    { name: "list an unknown status", path: `${PROMOTIONS}?status=open` },
    { name: "delete the protected label", method: "DELETE", path: LABEL },
    { name: "delete its prompt", method: "DELETE", path: "/v1/prompts/gated" },
    { name: "move it back, at once", path: `${LABEL}/rollback`, body: { reason: "incident" } },
    { name: "read its history", path: `${LABEL}/history` },
    ...missingAndForeign("read", { method: "GET", path: (id) => `${PROMOTIONS}/${id}` }, "pro", "$neighbour_promotion"),
    ...missingAndForeign(
      "approve",
      { method: "POST", path: (id) => `${PROMOTIONS}/${id}/approve` },
      "pro",
      "$neighbour_promotion",
    ),
    ...missingAndForeign(
      "cancel",
      { method: "POST", path: (id) => `${PROMOTIONS}/${id}/cancel` },
      "pro",
      "$neighbour_promotion",
    ),
  ],
};
