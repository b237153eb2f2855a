import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type RunningServer, startServer } from "./server.ts";

/** Longer than a start, far shorter than the silence after which the sweep wakes a group again. */
const SOON = { timeout: 30_000 };

describe("a local server whose engine is killed", () => {
  const stateDir = mkdtempSync(join(tmpdir(), "pbt-edge-e2e-"));
  let server: RunningServer;

  beforeAll(async () => {
    server = await startServer(stateDir);
  });
  afterAll(async () => {
    await server.stop();
    rmSync(stateDir, { recursive: true, force: true });
  });

  const send = async (path: string, init: RequestInit = {}) =>
    fetch(`${server.url}${path}`, { ...init, headers: { authorization: `Bearer ${server.key}` } });
  const statusOf = async (id: string) => (await (await send(`/v1/executions/${id}`)).json<{ status: string }>()).status;
  const timesBack = () => server.output().split("the engine is back on").length - 1;

  it("serves again on its address, and work that it had accepted goes on", async () => {
    const body = { prompt: "ticket-triage", priority: "batch", async: true, cache: false };
    const slow = { product: "CRM", body: '[[mock:{"delay_ms":1500}]]' };
    const ids: string[] = [];
    for (const product of ["first", "second"]) {
      const init = { method: "POST", body: JSON.stringify({ ...body, variables: { ...slow, product } }) };
      const accepted = await send("/v1/executions", init);
      expect(accepted.status).toBe(202);
      ids.push((await accepted.json<{ id: string }>()).id);
    }
    await expect.poll(async () => statusOf(ids[0] ?? ""), SOON).toBe("running");
    // Killed while the provider makes the answers. Its queues and consumers are gone with it.
    process.kill(server.enginePid(), "SIGKILL");
    await expect.poll(timesBack, SOON).toBe(1);
    expect((await send("/ready")).status).toBe(200);
    for (const id of ids) await expect.poll(async () => statusOf(id), SOON).toBe("succeeded");
  });

  it("ends with its reason when the engine is killed again and again", async () => {
    for (let back = timesBack(); back < 4; back++) {
      process.kill(server.enginePid(), "SIGKILL");
      await expect.poll(timesBack, SOON).toBe(back + 1);
    }
    process.kill(server.enginePid(), "SIGKILL");
    expect(await server.ended).toBe(1);
    expect(server.output()).toContain("The engine crashed 5 times within 60 s, so the server ends.");
  });
});
