import assert from "node:assert/strict";
import { withCleanup } from "../../harness/cleanup.ts";
import { startEdge } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { type ProxiedRequest, type ProxyFault, startFaultyProxy } from "./faulty-proxy.ts";
import type { InstalledPackage } from "./package.ts";

/** What the cases of the TypeScript client run against. */
export interface ClientWorld {
  package: InstalledPackage;
  /** The address of the proxy before the server. */
  url: string;
  key: string;
  mock: MockProcess;
}

type Pbt = InstanceType<InstalledPackage["client"]["PbtEdge"]>;

/** A client before the proxy, with the next faults set. */
async function clientWith(world: ClientWorld, faults: ProxyFault[] = [], options: object = {}): Promise<Pbt> {
  await fetch(`${world.url}/__proxy/faults`, { method: "PUT", body: JSON.stringify(faults) });
  return new world.package.client.PbtEdge({ baseUrl: world.url, apiKey: world.key, ...options });
}

async function requestsOf({ url }: ClientWorld): Promise<ProxiedRequest[]> {
  return (await fetch(`${url}/__proxy/requests`)).json() as Promise<ProxiedRequest[]>;
}

/** Publishes a prompt that no other case uses, and returns its name. */
async function newPrompt(client: Pbt, name: string): Promise<string> {
  const file = `name: ${name}\nmodel: gpt-4o-mini\ntemplate: "Greet {{ who }}."\nvariables: {who: {type: string, required: true}}\n`;
  await client.prompts.publish(name, file);
  return name;
}

const ADA = { variables: { who: "Ada" } };

/** How many executions of a prompt are recorded, and how many calls the provider had meanwhile. */
async function executedAndCalled(client: Pbt, { mock }: ClientWorld, prompt: string, callsBefore: number) {
  const executed = await client.executions.list({ prompt }).all();
  return [executed.length, (await mock.callCount()) - callsBefore];
}

/** The cases by name. Each throws where the client does not hold what it promises. */
export const CASES: Record<string, (world: ClientWorld) => Promise<void>> = {
  async "the package checks the variables of typed prompts"(world) {
    const program = (who: string) => `
      import { PbtEdge } from "pbt-edge/client";
      interface Prompts { hello: { variables: { who: string } } }
      const client = new PbtEdge<Prompts>({ baseUrl: "http://x", apiKey: "k" });
      export const cost: Promise<number | null> = client
        .execute("hello", { variables: { who: ${who} } })
        .then((reply) => reply.cost_usd);`;
    assert.equal(await world.package.typeFaults(program('"Ada"')), "");
    assert.match(await world.package.typeFaults(program("1")), /Type 'number' is not assignable to type 'string'/);
  },

  async "a prompt is published, labelled, read back, rendered, compared and listed page by page"(world) {
    const client = await clientWith(world);
    const name = await newPrompt(client, "ts/prompt");
    const file = await client.prompts.file(name);
    const again = await client.prompts.publish(name, file.replace("Greet", "Welcome"), { ifVersion: 1 });
    assert.equal(again.version, 2);
    await client.prompts.label(name, "production", 1);
    assert.deepEqual((await client.prompts.get(name)).labels, ["production"]);
    assert.equal((await client.prompts.render(name, ADA)).version, 1);
    assert.equal((await client.prompts.diff(name, { from: 1, to: 2 })).compatible, true);
    await newPrompt(client, "ts/prompt-2");
    const pages: number[] = [];
    for await (const { data } of client.prompts.list({ limit: 1 }).pages()) pages.push(data.length);
    assert.ok(pages.length > 1 && pages.every((length) => length === 1));
    const versions = await client.prompts.versions(name).all();
    assert.deepEqual(
      versions.map(({ version }) => version),
      [2, 1],
    );
    const stale = client.prompts.publish(name, file, { ifVersion: 1 });
    await assert.rejects(stale, world.package.client.ConflictError);
  },

  async "an execution is answered whole and recorded, and feedback is taken"(world) {
    const client = await clientWith(world);
    const name = await newPrompt(client, "ts/whole");
    const reply = await client.execute(name, { ...ADA, metadata: { case: "whole" } });
    assert.ok(reply.output && reply.cost_usd !== null && reply.cost_usd > 0);
    await client.executions.feedback(reply.id, { score: 1 });
    const fault = client.execute(name, { variables: { who: 1 } });
    await assert.rejects(fault, (error: InstanceType<InstalledPackage["client"]["ValidationError"]>) => {
      assert.equal(error.fields[0]?.path, "variables.who");
      return true;
    });
  },

  async "a stream gives its pieces, and as a whole what they add up to"(world) {
    const client = await clientWith(world);
    const stream = client.stream(await newPrompt(client, "ts/stream"), ADA);
    let text = "";
    for await (const piece of stream.text()) text += piece;
    const result = await stream.result();
    assert.equal(result.output, text);
    assert.ok(text.length > 0 && result.status === "succeeded");
  },

  async "a cut stream says under which key its answer is kept, and that is paid once"(world) {
    const client = await clientWith(world);
    const name = await newPrompt(client, "ts/cut");
    const before = await world.mock.callCount();
    const cutting = await clientWith(world, [{ kind: "cut_stream", events: 2 }]);
    const broken = await cutting
      .stream(name, ADA)
      .result()
      .catch((error: unknown) => error);
    assert.ok(broken instanceof world.package.client.StreamBrokenError);
    assert.ok(broken.executionId && broken.idempotencyKey);
    const whole = await client.stream(name, { ...ADA, idempotencyKey: broken.idempotencyKey, maxRetries: 5 }).result();
    assert.equal(whole.id, broken.executionId);
    assert.ok(whole.output);
    assert.deepEqual(await executedAndCalled(client, world, name, before), [1, 1]);
  },

  async "a lost answer, a 503 and a 429 with a date are repeated with one key, and charged once"(world) {
    const client = await clientWith(world);
    const name = await newPrompt(client, "ts/lost");
    const before = await world.mock.callCount();
    const faulty = await clientWith(
      world,
      [
        { kind: "status", status: 503, retry_after: 1 },
        { kind: "drop_answer" },
        { kind: "status", status: 429, retry_after: 2, as_date: true },
      ],
      { maxRetries: 3 },
    );
    const reply = await faulty.execute(name, ADA);
    const keys = (await requestsOf(world)).map((request) => request.idempotency_key);
    assert.equal(keys.length, 4);
    assert.equal(new Set(keys).size, 1);
    assert.equal((await client.executions.get(reply.id)).status, "succeeded");
    assert.deepEqual(await executedAndCalled(client, world, name, before), [1, 1]);
  },

  async "a 429 of the server itself is waited for"(world) {
    await withCleanup(async (stopLater) => {
      // So few that the slowest machine sends more.
      const vars = { TENANT_RATE_PER_S: "1", TENANT_BURST: "1" };
      const edge = stopLater(await startEdge(world.mock, { vars }));
      const { url } = stopLater(await startFaultyProxy(edge.url));
      const throttled = { ...world, url, key: edge.key };
      const client = await clientWith(throttled, [], { maxRetries: 20 });
      let sent = 0;
      while (sent < 40 && (await requestsOf(throttled)).length === sent) {
        const gets = Array.from({ length: 8 }, async () => client.prompts.list({ limit: 1 }).page());
        sent += (await Promise.all(gets)).length;
      }
      assert.ok((await requestsOf(throttled)).length > sent, "nobody was refused");
    });
  },

  async "an aborted call and one that is answered too late end at once"(world) {
    const { TimeoutError } = world.package.client;
    const client = await clientWith(world, [{ kind: "hang" }, { kind: "hang" }]);
    const controller = new AbortController();
    const aborted = client.execute("ts/whole", { ...ADA, signal: controller.signal });
    controller.abort(new Error("the user left"));
    await assert.rejects(aborted, /the user left/);
    const hanging = await clientWith(world, [{ kind: "hang" }]);
    await assert.rejects(hanging.execute("ts/whole", { ...ADA, timeoutMs: 200, maxRetries: 0 }), TimeoutError);
  },

  async "a batch is accepted once, watched to its end, and gives its items in order"(world) {
    const client = await clientWith(world);
    const prompt = await newPrompt(client, "ts/batch");
    const faulty = await clientWith(world, [{ kind: "drop_answer" }]);
    const items = ["Ada", "Bob", "Eve"].map((who) => ({ custom_id: who, variables: { who } }));
    const { id } = await faulty.batches.create({ prompt, items });
    let last = "";
    for await (const event of client.batches.watch(id)) last = event.type;
    assert.equal(last, "done");
    const names: unknown[] = [];
    for await (const { custom_id: name, status } of client.batches.items(id)) names.push([name, status]);
    assert.deepEqual(
      names,
      items.map(({ custom_id: name }) => [name, "succeeded"]),
    );
    assert.equal((await client.executions.list({ prompt }).all()).length, 3);
  },

  async "settings, usage and insights are read and written"(world) {
    const client = await clientWith(world);
    await newPrompt(client, "ts/settings");
    await client.aliases.set("ts-alias", { prompt: "ts/settings" });
    assert.equal((await client.aliases.get("ts-alias")).prompt, "ts/settings");
    await client.aliases.delete("ts-alias");
    await client.budgets.set("prompt:ts/settings", { daily_usd: 5 });
    assert.equal((await client.budgets.list().all())[0]?.limit_usd, 5);
    const key = await client.keys.create({ name: "ts", scopes: ["prompts:read"] });
    const weak = await clientWith({ ...world, key: key.secret });
    await assert.rejects(weak.usage.get(), world.package.client.PermissionError);
    await client.keys.delete(key.id);
    assert.ok((await client.usage.get({ group_by: "prompt" })).data.length > 0);
    assert.match(await client.usage.csv({ group_by: "model" }), /^model,/);
    assert.ok(Array.isArray((await client.insights.forecast()).data));
    assert.ok("data" in (await client.request("GET /v1/models")));
  },
};
