import { PbtEdge } from "../../../src/client/index.ts";

/** What the pages are opened with. */
export interface Seeded {
  prompt: string;
  execution: string;
  failedExecution: string;
  testRun: string;
  batch: string;
  comparison: string;
  chain: string;
  chainRun: string;
}

const TICKETS = ["money back", "cannot sign in", "the invoice is wrong"];

const TRIAGE = `name: support/triage
model: gpt-4o-mini
template: |
  Route this ticket for {{ product }}: {{ body }}
variables:
  product: {type: string, required: true}
  body: {type: string, required: true}
settings: {temperature: 0.2, max_tokens: 60}
tags: [support]
tests:
  - {name: says the product, inputs: {product: Acme, body: "money back"}, expected_contains: [Acme]}
`;

const CHAIN = `name: support/answer
inputs:
  product: {type: string, required: true}
  body: {type: string, required: true}
  languages: {type: list, default: [French, German]}
steps:
  - {id: team, prompt: support/triage, variables: {product: "{{ inputs.product }}", body: "{{ inputs.body }}"}}
  - {id: hello, prompt: greeting, when: "inputs.body == 'never'", variables: {who: "{{ steps.team.output }}"}}
  - id: greetings
    prompt: greeting
    for_each: "{{ inputs.languages }}"
    variables: {who: "{{ item }} {{ steps.team.output }} {{ steps.hello.output | default('') }}"}
`;

/** Makes a tenant's data through the API: prompts, labels, executions, a test run and a batch. */
export async function seedTenant(url: string, key: string): Promise<Seeded> {
  const api = new PbtEdge({ baseUrl: url, apiKey: key });
  const prompt = "support/triage";
  await api.prompts.publish(prompt, TRIAGE);
  await api.prompts.label(prompt, "production", 1);
  await api.prompts.publish(prompt, TRIAGE.replace("Route this", "Please route this"));
  await api.prompts.publish("greeting", "name: greeting\nmodel: gpt-4o-mini\ntemplate: Greet {{ who }}\n");
  await api.request("PUT /v1/budgets/{scope}", { path: { scope: "tenant" }, body: { daily_usd: 5 } });
  let execution = "";
  for (const body of [...TICKETS, ...TICKETS]) {
    ({ id: execution } = await api.execute(prompt, { variables: { product: "Acme", body }, user: "ada" }));
  }
  await api.executions.feedback(execution, { score: 1, comment: "Good" });
  const failing = { product: "Acme", body: '[[mock:{"status": 400}]]' };
  await api.execute(prompt, { variables: failing }).catch(() => undefined);
  const { id: testRun } = await api.testRuns.start(prompt, { repeat: 2 });
  const items = TICKETS.map((body, index) => ({ custom_id: `t${index}`, variables: { product: "Acme", body } }));
  const { id: batch } = await api.batches.create({ prompt, items });
  const { id: comparison } = await api.comparisons.start({
    prompt,
    subjects: [{ model: "gpt-4o-mini" }, { model: "gpt-4o" }],
    inputs: TICKETS.map((body) => ({ product: "Acme", body })),
  });
  const made = { prompt, execution, testRun, batch, comparison, ...(await seedChain(api)) };
  return { ...made, failedExecution: await failedOf(api) };
}

/** A chain of two versions with a label that was moved, and a run of it. */
async function seedChain(api: PbtEdge): Promise<Pick<Seeded, "chain" | "chainRun">> {
  const chain = "support/answer";
  const path = { name: chain };
  const publish = async (file: string) =>
    api.request("PUT /v1/chains/{name}", { path, body: file, headers: { "content-type": "application/yaml" } });
  const move = async (version: number, reason: string) =>
    api.request("PUT /v1/chains/{name}/labels/{label}", {
      path: { name: chain, label: "production" },
      body: { version, reason },
    });
  await publish(CHAIN);
  await move(1, "The first one");
  await publish(CHAIN.replace("[French, German]", "[French, German, Spanish]"));
  await move(2, "Spanish is asked for");
  const inputs = { product: "Acme", body: "money back" };
  const { id: chainRun } = await api.request("POST /v1/chains/{name}/execute", { path, body: { inputs } });
  return { chain, chainRun };
}

/** The failed execution, once it is on record. */
async function failedOf(api: PbtEdge): Promise<string> {
  for (let tries = 0; tries < 40; tries++) {
    const [failed] = (await api.list("GET /v1/executions", { query: { status: "failed" } }).page()).data;
    if (failed) return failed.id;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
  throw new Error("the failed execution is not on record");
}
