import { describe, expect, it } from "vitest";
import type { K6Summary } from "../../load/k6/lib/summary.ts";
import { chartsOf } from "../../load/report/charts.ts";
import { renderReport } from "../../load/report/page.ts";
import { findK6, K6_MISSING, type K6Search } from "../../load/runner/find-k6.ts";
import { printLoad } from "../../load/runner/print.ts";
import { type LoadResult, matrixRows } from "../../load/runner/result.ts";
import { failedThresholds } from "../../load/runner/run-k6.ts";
import { pacingEnv, planLoad } from "../../load/runner/scenarios.ts";

const METRICS: K6Summary["metrics"] = {
  "http_req_duration{cell:simple_10}": {
    values: { count: 600, "p(50)": 110, "p(99)": 250 },
    thresholds: { "p(50)<220": { ok: true }, "p(99)<200": { ok: false } },
  },
  "http_req_duration{cell:simple_1}": { values: { count: 0, "p(50)": 0, "p(99)": 0 } },
};

const RESULT: LoadResult = {
  format: 1,
  at: "2026-01-01T00:00:00Z",
  machine: {
    commit: "abc",
    platform: "linux",
    cpu: "</pre><script>alert(1)</script>",
    cores: 2,
    memory_gib: 4,
    node: "v24",
    workerd: "1",
  },
  target: "</script><b>here</b>",
  simulated_ms: null,
  scenarios: [
    {
      name: "matrix",
      env: { STEP_SECONDS: "10" },
      metrics: METRICS,
      failed: failedThresholds(METRICS),
      memory: [],
    },
    {
      name: "soak",
      env: {},
      metrics: {
        "http_req_duration{slot:01}": { values: { count: 2, "p(50)": 3, "p(99)": 4 } },
        "http_req_duration{slot:00}": { values: { count: 0, "p(50)": 0, "p(99)": 0 } },
      },
      failed: [],
      memory: [{ second: 1, bytes: 2 ** 20 }],
    },
  ],
  skipped: [{ name: "stream", reason: "no module" }],
};

describe("the load result", () => {
  it("has our figures and the source's, and none of ours for a cell without answers", () => {
    const rows = matrixRows(METRICS, 10);
    expect(rows.find(({ complexity, users }) => complexity === "simple" && users === 10)).toEqual({
      complexity: "simple",
      users: 10,
      ours: { rps: 60, p50: 110, p99: 250 },
      source: { rps: 45, p50: 220, p99: 500 },
    });
    expect(rows[0]?.ours).toBeNull();
  });

  it("names thresholds that were not met and scenarios that were not run", () => {
    const text = printLoad(RESULT);
    expect(text).toContain("not met in matrix: http_req_duration{cell:simple_10}: p(99)<200");
    expect(text).toContain("stream: not run, no module");
    expect(text).toMatch(/simple +10 +60\.0 +45\.0 +1\.33/);
  });

  it("draws slots in order, with a gap for a slot without answers", () => {
    const soak = chartsOf(RESULT).find(({ title }) => title.startsWith("soak: latency"));
    expect(soak?.x).toEqual([0, 1]);
    expect(soak?.lines[0]?.values).toEqual([null, 3]);
  });

  it("is a page that loads nothing and escapes all texts", () => {
    const page = renderReport(RESULT);
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import/);
    expect(page).not.toContain("<script>alert");
    expect(page).not.toContain("<b>here</b>");
    expect(page).toContain("&lt;b&gt;here&lt;/b&gt;");
  });
});

describe("the plan of a load run", () => {
  it("has the requested scenarios, and refuses unknown names", () => {
    expect(planLoad("short").map(({ name }) => name)).toEqual(["matrix", "spike", "soak", "stream", "overload"]);
    expect(planLoad("full")[0]?.env).toEqual({ STEP_SECONDS: "300" });
    expect(planLoad("short", ["spike"])).toHaveLength(1);
    expect(planLoad("smoke").map(({ name }) => name)).toEqual(["smoke"]);
    expect(() => planLoad("short", ["spkie"])).toThrow('no "spkie"; there are matrix');
  });

  it("gives the mock a latency by the complexity of the prompt", () => {
    expect(JSON.parse(pacingEnv()["PACING"] ?? "")).toMatchObject({ "load-simple": '[[mock:{"delay_ms":80}]]' });
  });
});

describe("the search for k6", () => {
  const search = (versions: Record<string, string>, built: string | null = null): K6Search => ({
    candidates: ["named", "cached", "k6"],
    versionOf: async (path) => versions[path] ?? null,
    build: async () => built,
  });

  it("prefers the first k6 that reads streams over one that does not", async () => {
    const found = await findK6(search({ named: "k6 v1", cached: "k6 v1 Extensions: k6/x/sse", k6: "k6/x/sse" }));
    expect(found).toEqual({ path: "cached", streams: true });
  });

  it("builds k6 where Go is installed, or else takes a stock one, or else explains how to get one", async () => {
    expect(await findK6(search({ k6: "k6 v1" }, "/cache/k6"))).toEqual({ path: "/cache/k6", streams: true });
    expect(await findK6(search({ k6: "k6 v1" }))).toEqual({ path: "k6", streams: false });
    await expect(findK6(search({}))).rejects.toThrow(K6_MISSING);
  });
});
