import {
  hasEntries,
  INVOICE,
  issueKey,
  mock,
  publish,
  type RecordedRequest,
  type Room,
  TRIAGE,
} from "./recorded-request.ts";
import { missingAndForeign } from "./neighbour.ts";

const PATH = "/v1/executions";
const variables = { product: "CRM", body: "I want my money back" };
const triage = { prompt: "triage", variables };

/** A model, whole and streamed. */
function onModel(model: string): RecordedRequest[] {
  const invoice = { prompt: "invoice", model, variables: { invoice: "ACME, 10 EUR" }, cache: false };
  return [
    { name: `${model}, whole`, path: PATH, body: { ...triage, model } },
    { name: `${model}, streamed`, path: PATH, body: { ...triage, model, stream: true } },
    { name: `${model} with an output schema`, path: PATH, body: invoice },
    { name: `${model} with an output schema, streamed`, path: PATH, body: { ...invoice, stream: true } },
  ];
}

const PARAMETERS = { temperature: 0.9, max_tokens: 5, top_p: 0.5, stop: "zzz" };

/** Executions that succeed. */
export const executions: Room = {
  name: "executions",
  setup: [publish(TRIAGE), publish(INVOICE), issueKey("executor", ["executions:write"])],
  requests: [
    ...["gpt-4o-mini", "claude-haiku-4-5"].flatMap(onModel),
    { name: "the prompt's own model", path: PATH, body: triage, keep: { execution: "id" } },
    { name: "by name in the path", path: "/v1/prompts/triage/execute", body: { variables } },
    { name: "by name in the path, streamed", path: "/v1/prompts/triage/execute", body: { variables, stream: true } },
    { name: "a version", path: PATH, body: { ...triage, version: 1 } },
    { name: "the label latest", path: PATH, body: { ...triage, label: "latest" } },
    { name: "model auto", path: PATH, body: { ...triage, model: "auto" } },
    { name: "model auto, streamed", path: PATH, body: { ...triage, model: "auto", stream: true } },
    { name: "a model that is no longer offered", path: PATH, body: { ...triage, model: "gpt-3.5-turbo" } },
    { name: "a model with its provider's name", path: PATH, body: { ...triage, model: "anthropic/claude-haiku-4-5" } },
    { name: "a model without a price", path: PATH, body: { ...triage, model: "gpt-99-unknown" } },
    { name: "several models", path: PATH, body: { ...triage, models: ["claude-haiku-4-5", "gpt-4o-mini"] } },
    { name: "parameters", path: PATH, body: { ...triage, parameters: PARAMETERS } },
    {
      name: "parameters that the model does not take",
      path: PATH,
      body: { ...triage, model: "gpt-6-luna", parameters: { temperature: 1 } },
    },
    {
      name: "a user, metadata and a timeout",
      path: PATH,
      body: { ...triage, user: "ada", metadata: { ticket: "T-1", urgent: true, size: 3 }, timeout_ms: 20_000 },
      keep: { described: "id" },
    },
    { name: "the standard lane", path: PATH, body: { ...triage, priority: "standard" } },
    { name: "the batch lane", path: PATH, body: { ...triage, priority: "batch" } },
    { name: "the high lane", path: PATH, body: { ...triage, priority: "high" } },
    { name: "the high lane without its scope", path: PATH, as: "executor", body: { ...triage, priority: "high" } },
    { name: "without waiting for capacity", path: PATH, body: { ...triage, queue: false } },
    {
      name: "a text of the mock's own",
      path: PATH,
      body: { ...triage, variables: { ...variables, body: mock({ answer: "Zażółć 🎈" }) } },
    },
    {
      name: "a body whose type is not said",
      path: PATH,
      headers: { "content-type": "text/plain" },
      body: JSON.stringify(triage),
    },
    { name: "read an execution", path: `${PATH}/$execution` },
    { name: "read an execution with a user and metadata", path: `${PATH}/$described` },
    { name: "rate an execution", path: `${PATH}/$execution/feedback`, body: { score: 0.75, comment: "Good." } },
    { name: "rate an execution again", path: `${PATH}/$execution/feedback`, body: { score: 1 } },
    { name: "read a rated execution", path: `${PATH}/$execution` },
    { name: "rate with a bad score", path: `${PATH}/$execution/feedback`, body: { score: 2, comment: 3 } },
    { name: "rate with broken JSON", path: `${PATH}/$execution/feedback`, body: "{" },
    ...missingAndForeign(
      "rate",
      { method: "POST", path: (id) => `${PATH}/${id}/feedback`, body: { score: 1 } },
      "exe",
      "$neighbour_execution",
    ),
    ...missingAndForeign("read", { method: "GET", path: (id) => `${PATH}/${id}` }, "exe", "$neighbour_execution"),
  ],
};

/** Lists of executions. */
export const executionLists: Room = {
  name: "execution lists",
  setup: [publish(TRIAGE), publish({ ...TRIAGE, name: "second" })],
  requests: [
    { name: "list no executions", path: PATH },
    { name: "the first", path: PATH, body: triage },
    { name: "the second", path: PATH, body: { ...triage, prompt: "second", model: "claude-haiku-4-5" } },
    {
      name: "the third, which fails",
      path: PATH,
      body: { ...triage, variables: { ...variables, body: mock({ status: 400 }) } },
    },
    { name: "list executions", path: PATH, until: hasEntries(3) },
    { name: "by prompt", path: `${PATH}?prompt=second` },
    { name: "by status succeeded", path: `${PATH}?status=succeeded` },
    { name: "by status failed", path: `${PATH}?status=failed` },
    { name: "by model", path: `${PATH}?model=claude-haiku-4-5` },
    { name: "by a key that executed nothing", path: `${PATH}?key=key_none` },
    { name: "by an unknown prompt", path: `${PATH}?prompt=none` },
    { name: "by another tenant's prompt", path: `${PATH}?prompt=neighbours-prompt` },
    { name: "since the future", path: `${PATH}?from=2099-01-01T00:00:00Z` },
    { name: "until the past", path: `${PATH}?to=2020-01-01T00:00:00Z` },
    { name: "the first page", path: `${PATH}?limit=2`, keep: { next: "next_cursor" } },
    { name: "the last page", path: `${PATH}?limit=2&cursor=$next` },
    { name: "a bad status", path: `${PATH}?status=done` },
    { name: "a bad time", path: `${PATH}?from=yesterday` },
    { name: "a bad limit", path: `${PATH}?limit=0` },
    { name: "a bad cursor", path: `${PATH}?cursor=%25` },
    { name: "several bad filters", path: `${PATH}?limit=x&status=y&prompt=Z&to=now` },
    { name: "an unknown filter", path: `${PATH}?colour=blue&limit=1` },
  ],
};
