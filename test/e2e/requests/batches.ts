import { missingAndForeign } from "./neighbour.ts";
import { isOver, type JsonObject, mock, publish, type Room, TRIAGE } from "./recorded-request.ts";

const BATCHES = "/v1/batches";
const NDJSON = { "content-type": "application/x-ndjson" };
const item = (body: string, custom_id?: string) => ({ custom_id, variables: { product: "CRM", body } });
const items = [item("one", "a"), item("two", "b"), item("one", "a2"), item(mock({ status: 400 }), "bad"), item("last")];
const lines = items.slice(0, 2).map((each) => JSON.stringify(each));

/** How many items of a batch run. */
const runningIn = (body: JsonObject) => (body["counts"] as { running?: number } | undefined)?.running;

/** Batches. The first one is cancelled while its only item runs. */
export const batches: Room = {
  name: "batches",
  setup: [publish(TRIAGE)],
  requests: [
    {
      name: "accept one to cancel",
      path: BATCHES,
      body: { prompt: "triage", items: [item(mock({ delay_ms: 3_000 }))] },
      keep: { cancelled: "id" },
    },
    { name: "read it while it runs", path: `${BATCHES}/$cancelled`, until: (body) => runningIn(body) === 1 },
    { name: "cancel it", method: "POST", path: `${BATCHES}/$cancelled/cancel` },
    { name: "cancel it again", method: "POST", path: `${BATCHES}/$cancelled/cancel` },
    { name: "redrive what was cancelled", method: "POST", path: `${BATCHES}/$cancelled/redrive` },
    { name: "read it once nothing runs", path: `${BATCHES}/$cancelled`, until: (body) => runningIn(body) === 0 },
    { name: "the results of what was cancelled", path: `${BATCHES}/$cancelled/results` },
    { name: "the events of what was cancelled", path: `${BATCHES}/$cancelled/events` },
    { name: "accept JSON", path: BATCHES, body: { prompt: "triage", items }, keep: { batch: "id" } },
    {
      name: "accept NDJSON",
      method: "POST",
      path: `${BATCHES}?prompt=triage&model=claude-haiku-4-5&max_cost_usd=1&timeout_ms=20000&user=ada`,
      headers: NDJSON,
      body: `${lines.join("\n")}\n`,
      keep: { lines: "id" },
    },
    {
      name: "accept all settings",
      path: BATCHES,
      body: {
        prompt: "triage",
        version: 1,
        items: [item("one")],
        mode: "queue",
        models: ["gpt-4o-mini", "claude-haiku-4-5"],
        parameters: { max_tokens: 5 },
        user: "ada",
        metadata: { run: 1 },
        timeout_ms: 20_000,
        cache: false,
        max_cost_usd: 0.5,
        webhook: { url: "https://hooks.example.invalid/batches" },
      },
    },
    {
      name: "accept in the provider's own mode",
      path: BATCHES,
      body: { prompt: "triage", mode: "provider", items: [item("own")] },
    },
    {
      name: "accept with an idempotency key",
      path: BATCHES,
      headers: { "idempotency-key": "batch-1" },
      body: { prompt: "triage", items: [item("k")] },
    },
    {
      name: "accept the same again",
      path: BATCHES,
      headers: { "idempotency-key": "batch-1" },
      body: { prompt: "triage", items: [item("k")] },
    },
    {
      name: "accept another with the same key",
      path: BATCHES,
      headers: { "idempotency-key": "batch-1" },
      body: { prompt: "triage", items: [item("z")] },
    },
    { name: "read it once it is over", path: `${BATCHES}/$batch`, until: isOver },
    { name: "its results", path: `${BATCHES}/$batch/results` },
    { name: "its events", path: `${BATCHES}/$batch/events` },
    { name: "cancel what is over", method: "POST", path: `${BATCHES}/$batch/cancel` },
    { name: "read the lines once they are over", path: `${BATCHES}/$lines`, until: isOver },
    { name: "the results of the lines", path: `${BATCHES}/$lines/results` },
    { name: "redrive what has no failures", method: "POST", path: `${BATCHES}/$lines/redrive` },
    {
      name: "accept one of which all items fail",
      path: BATCHES,
      body: { prompt: "triage", items: [item(mock({ status: 400 }))] },
      keep: { failed: "id" },
    },
    { name: "read what failed", path: `${BATCHES}/$failed`, until: isOver },
    { name: "redrive what failed", method: "POST", path: `${BATCHES}/$failed/redrive` },
    { name: "read what was redriven", path: `${BATCHES}/$failed`, until: isOver },
    { name: "the results of what was redriven", path: `${BATCHES}/$failed/results` },
    { name: "list those of which all items failed", path: `${BATCHES}?status=failed` },
    { name: "list the cancelled ones", path: `${BATCHES}?status=cancelled&limit=1` },
    { name: "list by a status that there is not", path: `${BATCHES}?status=done` },
    { name: "list from a cursor of another list", path: `${BATCHES}?cursor=a2V5cyBrZXlfMQ` },
    ...["", "/results", "/events"].flatMap((view) =>
      missingAndForeign(
        `read ${view || "the batch"}`,
        { method: "GET", path: (id) => `${BATCHES}/${id}${view}` },
        "bat",
        "$neighbour_batch",
      ),
    ),
    ...["cancel", "redrive"].flatMap((verb) =>
      missingAndForeign(verb, { method: "POST", path: (id) => `${BATCHES}/${id}/${verb}` }, "bat", "$neighbour_batch"),
    ),
  ],
};

const good = { prompt: "triage", items: [item("x")] };

/** Batches that are not accepted. */
export const badBatches: Room = {
  name: "bad batches",
  setup: [publish(TRIAGE)],
  requests: [
    { name: "no body", method: "POST", path: BATCHES },
    { name: "broken JSON", path: BATCHES, body: '{"prompt":"triage","items":[' },
    { name: "a foreign content type", path: BATCHES, headers: { "content-type": "text/csv" }, body: "a,b" },
    { name: "no items", path: BATCHES, body: { prompt: "triage", items: [] } },
    { name: "items left out", path: BATCHES, body: { prompt: "triage" } },
    { name: "items that are no list", path: BATCHES, body: { ...good, items: 1 } },
    { name: "no prompt", path: BATCHES, body: { items: good.items } },
    { name: "an unknown prompt", path: BATCHES, body: { ...good, prompt: "none" } },
    { name: "another tenant's prompt", path: BATCHES, body: { ...good, prompt: "neighbours-prompt" } },
    { name: "an unknown version", path: BATCHES, body: { ...good, version: 9 } },
    {
      name: "bad fields",
      path: BATCHES,
      body: { ...good, mode: "fast", max_cost_usd: 0, timeout_ms: 0, models: [], user: "" },
    },
    { name: "a webhook that is not https", path: BATCHES, body: { ...good, webhook: "http://hooks.example.com" } },
    { name: "a webhook to a private address", path: BATCHES, body: { ...good, webhook: "https://127.0.0.1/hook" } },
    { name: "an item without variables", path: BATCHES, body: { ...good, items: [item("x"), { custom_id: "a" }] } },
    {
      name: "an item with a bad custom_id",
      path: BATCHES,
      body: { ...good, items: [{ custom_id: "", variables: {} }] },
    },
    { name: "two items with one custom_id", path: BATCHES, body: { ...good, items: [item("x", "a"), item("y", "a")] } },
    { name: "NDJSON with a broken line", path: `${BATCHES}?prompt=triage`, headers: NDJSON, body: `${lines[0]}\n{` },
    { name: "NDJSON without a prompt", path: BATCHES, headers: NDJSON, body: `${lines[0]}\n` },
    {
      name: "NDJSON with a bad query",
      path: `${BATCHES}?prompt=triage&version=x&cache=maybe`,
      headers: NDJSON,
      body: `${lines[0]}\n`,
    },
    { name: "NDJSON without lines", path: `${BATCHES}?prompt=triage`, headers: NDJSON, body: "\n" },
    { name: "settings that are too large", path: BATCHES, bodyBytes: 1_100_000 },
  ],
};
