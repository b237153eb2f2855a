import { type PbtEdge, ConflictError } from "../../src/client/index.ts";

/** Makes what a tenant has after some weeks of use. Again, it changes nothing that is there. */
export async function setUpDemo(api: PbtEdge): Promise<void> {
  await api.request("PUT /v1/budgets/{scope}", { path: { scope: "tenant" }, body: { daily_usd: 5, monthly_usd: 100 } });
  await api.request("PUT /v1/budgets/{scope}", {
    path: { scope: "prompt:ticket-triage" },
    body: { daily_usd: 0.05 },
  });
  const changed = await publishChange(api);
  await orConflict(
    api.labels.protect("ticket-triage", "production", { tests: true, compatible_variables: true, approvals: 1 }),
  );
  if (changed !== null) await orConflict(api.prompts.label("ticket-triage", "production", changed));
  await api.prompts.label("support-reply", "production", 1);
  await api.testRuns.start("support-reply", { repeat: 3 });
  await api.testRuns.start("summarizer", { repeat: 2 });
  await api.comparisons.start({
    prompt: "ticket-triage",
    subjects: [{ model: "gpt-4o-mini" }, { model: "gpt-4o" }],
    inputs: ["money back", "cannot sign in", "invoice is wrong"].map((body) => ({ product: "Acme CRM", body })),
  });
  await api.batches.create({
    prompt: "summarizer",
    items: Array.from({ length: 40 }, (_, index) => ({
      custom_id: `story-${index + 1}`,
      variables: { text: `Story ${index + 1} about a dog and a ball.`, max_words: "12" },
    })),
  });
}

/** Publishes a second version of a prompt with its first one released; null where it is there. */
async function publishChange(api: PbtEdge): Promise<number | null> {
  const { version } = await api.prompts.get("ticket-triage", { label: "latest" });
  if (version > 1) return null;
  await api.prompts.label("ticket-triage", "production", version);
  const file = await api.prompts.file("ticket-triage", { version });
  const changed = file.replace("Route this ticket", "You route tickets to billing, technical or sales. Route this one");
  return (await api.prompts.publish("ticket-triage", changed, { ifVersion: version })).version;
}

async function orConflict(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof ConflictError)) throw error;
  }
}
