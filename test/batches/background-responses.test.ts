import { describe, expect, it } from "vitest";
import { AppError } from "../../src/domain/errors.ts";
import type { ExecutionRequest } from "../../src/domain/executions/execution-options.ts";
import { gate, openBatchWorld } from "../support/batch-world.ts";

const DAY_MS = 86_400_000;
const BODY = { model: "gpt-6-luna", input: "hello", truncation: "auto" };
const ASKED = { model: "gpt-6-luna", background: true, truncation: "auto" };

/** A response in the background that is accepted and has not run. */
async function openBackground() {
  const opened = openBatchWorld();
  const { world, services } = opened;
  const request: ExecutionRequest = {
    tenant_id: world.tenant,
    key_id: "key_x",
    lane: "standard",
    variables: {},
    options: {
      prompt: { name: "" },
      models: ["gpt-6-luna"],
      messages: [{ role: "user", content: "hello" }],
      parameters: { provider_options: { openai: { truncation: "auto", api: "responses" } } },
      cache_control: { no_store: false, no_cache: false, only_if_cached: false },
    },
    door: {
      relay: { door: "responses", body: BODY, body_bytes: 60, headers: { "openai-beta": "x" } },
      own: ["truncation"],
      untranslated: [],
      asked: ASKED,
    },
  };
  const id = await services.acceptExecution(request);
  const read = async () => services.readBackgroundResponse(world.tenant, id);
  const cancel = async () => services.cancelBackgroundResponse(world.tenant, id);
  const input = async () => services.readBackgroundInput(world.tenant, id);
  return { ...opened, request, id, read, input, cancel };
}

describe("a response in the background", () => {
  it("is executed with its door's call as it was accepted, and may take five minutes", async () => {
    const { world, drain, request, id, read, input } = await openBackground();
    expect(world.sent.map(({ lane }) => lane)).toEqual(["standard"]);
    expect(await read()).toMatchObject({ id, state: "queued", asked: ASKED });
    expect(await input()).toBe("hello");
    await drain();
    expect(world.calls).toEqual([{ ...request, id, default_timeout_ms: 300_000 }]);
    expect(await read()).toMatchObject({ state: "succeeded", execution: { id, status: "succeeded" } });
  });

  it("has a run that vanished on record, and then runs again under its own id", async () => {
    const { world, drain, deliver, id, read, executions } = await openBackground();
    const wakeUps = world.sent.splice(0);
    world.before = async () => {
      world.before = async () => undefined;
      return new Promise<never>(() => undefined);
    };
    void deliver(wakeUps);
    while ((await read()).state !== "running") await Promise.resolve();
    world.now += 60_000;
    world.sent.push(...wakeUps);
    await drain();
    expect(world.calls.map((call) => [call.id, call.door?.relay.body])).toEqual([
      [id, BODY],
      [id, BODY],
    ]);
    const { data } = await executions.list(world.tenant, { limit: 10 });
    const vanished = data.filter((row) => row.id !== id);
    expect(vanished.map(({ status }) => status)).toEqual(["unknown"]);
    expect(data.find((row) => row.id === id)?.status).toBe("succeeded");
  });

  it("that runs when it is cancelled is shown as cancelled for good, and its execution is on record", async () => {
    const { world, drain, id, read, cancel, executions } = await openBackground();
    const held = gate();
    world.before = async () => {
      await held.opened;
      return undefined;
    };
    const running = drain();
    while ((await read()).state !== "running") await Promise.resolve();
    expect((await cancel()).state).toBe("cancelled");
    held.open();
    await running;
    expect(await read()).toMatchObject({ state: "cancelled", execution: undefined });
    expect(await executions.find(world.tenant, id)).toMatchObject({ status: "succeeded" });
  });

  it("that failed tells why", async () => {
    const { world, drain, read } = await openBackground();
    world.before = async () => new AppError("provider_error", "It broke.");
    await drain();
    expect(await read()).toMatchObject({ state: "failed", error: { code: "provider_error", detail: "It broke." } });
  });

  it("whose record is on its way has succeeded, and is not found once no record can come", async () => {
    const { world, drain, read, executions } = await openBackground();
    const find = executions.find.bind(executions);
    executions.find = async () => undefined;
    // It waits for two days.
    world.now += 2 * DAY_MS;
    await drain();
    expect(await read()).toMatchObject({ state: "succeeded", execution: undefined });
    world.now += 2 * DAY_MS;
    await expect(read()).rejects.toMatchObject({ code: "not_found" });
    executions.find = find;
    expect((await read()).execution).toBeDefined();
  });
});
