import { missingAndForeign } from "./neighbour.ts";
import { mock, publish, type Room, TRIAGE } from "./recorded-request.ts";

const CHAIN = "/v1/chains/two";
const EXECUTE = `${CHAIN}/execute`;
const RUNS = "/v1/chain-runs";
const step = (id: string, body: string, more: object = {}) => ({
  id,
  prompt: "triage",
  variables: { product: "{{ inputs.product }}", body },
  ...more,
});
const steps = [
  step("team", mock({ answer: "billing" })),
  step("reply", `{{ steps.team.output }} ${mock({ answer: "Dear Ada" })}`, { retries: 1 }),
];
const inputs = { product: { type: "string", required: true } };
const fan = {
  inputs: ["product"],
  steps: [
    step("each", "{{ item }}", { for_each: [mock({ answer: "one" }), mock({ answer: "two" })] }),
    step("bad", mock({ status: 400 })),
    step("after", "{{ steps.bad.output }}"),
    step("off", "x", { when: "steps.each.output | length > 2" }),
    step("last", `{{ steps.each.output | join(', ') }} ${mock({ answer: "done" })}`),
  ],
};
const YAML = `name: two\nsteps: [{id: only, prompt: triage, variables: {product: CRM, body: x}}]\n`;
const given = { inputs: { product: "CRM" } };

/** Chains and their runs. */
export const chains: Room = {
  name: "chains",
  setup: [publish(TRIAGE)],
  requests: [
    { name: "publish a chain", method: "PUT", path: CHAIN, body: { inputs, steps } },
    { name: "publish it again", method: "PUT", path: CHAIN, body: { inputs, steps } },
    {
      name: "publish YAML, with a field that is not known",
      method: "PUT",
      path: CHAIN,
      headers: { "content-type": "application/yaml" },
      body: `${YAML}stages: 3\n`,
    },
    { name: "label the first version", method: "PUT", path: `${CHAIN}/labels/production`, body: { version: 1 } },
    { name: "label a version that is not there", method: "PUT", path: `${CHAIN}/labels/x`, body: { version: 9 } },
    { name: "read what the label means", path: CHAIN },
    { name: "read the newest as YAML", path: `${CHAIN}?label=latest`, headers: { accept: "application/yaml" } },
    { name: "read a version that is not there", path: `${CHAIN}?version=9` },
    { name: "list its versions", path: `${CHAIN}/versions?limit=1` },
    {
      name: "publish a chain whose references lead nowhere",
      method: "PUT",
      path: "/v1/chains/bad",
      body: {
        steps: [
          step("a", "{{ steps.b.output }} {{ inputs.who }} {{ who }}"),
          step("b", "{{ steps.a.output }}", { when: "steps.a.text" }),
        ],
      },
    },
    {
      name: "publish a chain that goes in a circle",
      method: "PUT",
      path: "/v1/chains/bad",
      body: { inputs, steps: [step("a", "{{ steps.b.output }}"), step("b", "{{ steps.a.output }}")] },
    },
    {
      name: "publish a chain of prompts that do not exist",
      method: "PUT",
      path: "/v1/chains/bad",
      body: {
        steps: [
          { id: "a", prompt: "none" },
          { id: "b", prompt: "triage", label: "none" },
        ],
      },
    },
    { name: "run it", path: EXECUTE, body: given, keep: { run: "id" } },
    { name: "read the run", path: `${RUNS}/$run` },
    { name: "follow the run", path: `${RUNS}/$run/events` },
    { name: "run it once", path: EXECUTE, headers: { "idempotency-key": "chain" }, body: given },
    { name: "run it once again", path: EXECUTE, headers: { "idempotency-key": "chain" }, body: given },
    { name: "stream it", path: EXECUTE, body: { ...given, stream: true } },
    { name: "accept it for later", path: EXECUTE, body: { ...given, async: true }, keep: { later: "id" } },
    {
      name: "read what was accepted, at its end",
      path: `${RUNS}/$later`,
      until: ({ status }) => status === "succeeded",
    },
    { name: "publish one with all kinds of steps", method: "PUT", path: "/v1/chains/fan", body: fan },
    { name: "run that", path: "/v1/chains/fan/execute", body: { variables: { product: "CRM" }, metadata: { a: 1 } } },
    { name: "run it with too little money", path: EXECUTE, body: { ...given, max_cost_usd: 0.000_000_1 } },
    { name: "run it without its input", path: EXECUTE, body: {} },
    { name: "run it with inputs twice", path: EXECUTE, body: { inputs: {}, variables: {} } },
    { name: "stream it later", path: EXECUTE, body: { ...given, stream: true, async: true } },
    { name: "run a chain that is not there", path: "/v1/chains/none/execute", body: {} },
    { name: "list the newest runs", path: `${RUNS}?limit=2` },
    { name: "list those that failed", path: `${RUNS}?status=failed&chain=two` },
    { name: "list by a foreign cursor", path: `${RUNS}?cursor=cHJvbXB0cyB4` },
    { name: "cancel a run that has ended", method: "POST", path: `${RUNS}/$run/cancel` },
    { name: "list chains", path: "/v1/chains" },
    { name: "move a label", method: "PUT", path: `${CHAIN}/labels/beta`, body: { version: 1, reason: "first" } },
    {
      name: "split it",
      method: "PUT",
      path: `${CHAIN}/labels/beta`,
      body: { split: [{ version: 1, weight: 2 }] },
      headers: { "if-match": '"1"' },
    },
    { name: "list its labels", path: `${CHAIN}/labels` },
    { name: "roll a label back", method: "POST", path: `${CHAIN}/labels/beta/rollback`, body: { reason: "incident" } },
    { name: "delete a label", method: "DELETE", path: `${CHAIN}/labels/beta` },
    { name: "read the history of a label", path: `${CHAIN}/labels/beta/history` },
    { name: "delete one", method: "DELETE", path: "/v1/chains/fan" },
    { name: "delete it again", method: "DELETE", path: "/v1/chains/fan" },
    { name: "another tenant's chain", path: "/v1/chains/neighbours-chain" },
    ...missingAndForeign("read", { method: "GET", path: (id) => `${RUNS}/${id}` }, "run", "$neighbour_chain_run"),
    ...missingAndForeign(
      "cancel",
      { method: "POST", path: (id) => `${RUNS}/${id}/cancel` },
      "run",
      "$neighbour_chain_run",
    ),
  ],
};
