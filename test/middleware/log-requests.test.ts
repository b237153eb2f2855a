import { Hono } from "hono";
import { afterEach, describe, expect, it, vi } from "vitest";
import { startTimings } from "../../src/domain/executions/timings.ts";
import type { AppEnv } from "../../src/middleware/context.ts";
import { onError } from "../../src/middleware/problem.ts";
import { logRequest } from "../../src/middleware/log-requests.ts";

afterEach(() => void vi.restoreAllMocks());

/** The lines that a request leaves in the log, where a chance of `random` decides on its sampling. */
async function linesOf(
  path: string,
  random: number,
  answer: Parameters<Hono<AppEnv>["onError"]>[0] = (_, c) => c.text("", 502),
): Promise<object[]> {
  const lines: object[] = [];
  const keep = (line: string) => void lines.push(JSON.parse(line) as object);
  vi.spyOn(console, "log").mockImplementation(keep);
  vi.spyOn(console, "error").mockImplementation(keep);
  let now = 0;
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set("request_id", "r1");
    c.set(
      "timings",
      startTimings(() => now),
    );
    c.set("services", { config: { requestLog: { sample: 0.01, slowMs: 30_000 } } } as never);
    await next();
  });
  app.use(async (c, next) => {
    await next();
    logRequest(c, c.res.status, () => random);
  });
  app.get("/v1/prompts/:name", (c) => {
    c.set("principal", { tenant_id: "ten_a", key_id: "key_a", scopes: [] });
    now += c.req.param("name") === "slow" ? 30_000 : 20;
    if (c.req.param("name") === "broken") throw new Error("broken");
    return c.text("", c.req.param("name") === "missing" ? 404 : 200);
  });
  app.onError(answer);
  await app.request(path);
  return lines;
}

describe("the log of requests", () => {
  it("has every request that failed on our side, as an error, by its route and not its path", async () => {
    const request = { request_id: "r1", method: "GET", route: "/v1/prompts/:name", status: 502, ms: 20 };
    expect(await linesOf("/v1/prompts/broken", 0.99)).toEqual([
      { level: "error", event: "request", ...request, tenant_id: "ten_a" },
    ]);
  });

  it("has a fault that nobody foresaw in the same line, and no other one", async () => {
    const lines = await linesOf("/v1/prompts/broken", 0.99, onError);
    const fault = { fault: "unexpected", error: "Error: broken" };
    expect(lines).toMatchObject([{ level: "error", event: "request", request_id: "r1", status: 500, ...fault }]);
  });

  it("has every slow request", async () => {
    expect(await linesOf("/v1/prompts/slow", 0.99)).toMatchObject([{ level: "info", status: 200, ms: 30_000 }]);
  });

  it("has the others by their share, those that the caller got wrong too", async () => {
    for (const name of ["good", "missing"]) {
      expect(await linesOf(`/v1/prompts/${name}`, 0.01)).toEqual([]);
      expect(await linesOf(`/v1/prompts/${name}`, 0.009)).toHaveLength(1);
    }
  });
});
