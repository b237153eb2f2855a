/** The metrics of a running server, read by a real Prometheus. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type Child, startChild } from "../../load/harness/child.ts";
import { freePort } from "../../load/harness/free-port.ts";
import { findPrometheus, PrometheusMissing, type PrometheusPrograms } from "../../load/harness/prometheus.ts";
import { COUNTED, MEASURED } from "../../src/domain/metrics/catalogue.ts";
import { type RunningServer, startServer } from "./server.ts";

const ALERTS = "observability/alerts.yaml";
const DASHBOARD = "observability/grafana.json";
const EXECUTIONS = 7;
const POLL = { timeout: 40_000, interval: 250 };

/** Null where this machine cannot have one. In CI that is a failure. */
async function prometheusHere(): Promise<PrometheusPrograms | null> {
  try {
    return await findPrometheus();
  } catch (error) {
    if (!(error instanceof PrometheusMissing) || process.env["CI"] !== undefined) throw error;
    console.log(`skipped: ${error.message}`);
    return null;
  }
}

const programs = await prometheusHere();

/** The expressions of all rules, and the names of those that are recorded. */
function rulesIn(file: string) {
  const { groups } = parse(readFileSync(file, "utf8")) as { groups: { rules: { record?: string; expr: string }[] }[] };
  const rules = groups.flatMap((group) => group.rules);
  return { expressions: rules.map(({ expr }) => expr), recorded: rules.flatMap(({ record }) => record ?? []) };
}

/** The expressions of all panels, with their variables filled in. */
function expressionsIn(file: string, job: string): string[] {
  const { panels } = JSON.parse(readFileSync(file, "utf8")) as { panels: { targets: { expr: string }[] }[] };
  const targets = panels.flatMap((panel) => panel.targets);
  return targets.map(({ expr }) => expr.replaceAll("$job", job).replaceAll("$__rate_interval", "10s"));
}

/** The metrics that an expression names. */
function metricsIn(expression: string): string[] {
  const names = expression.match(/\b(?:pbt|gen_ai_client)[a-z0-9_:]+/g) ?? [];
  return names.map((name) => name.replace(/(?<=_seconds)_(?:bucket|sum|count)$/, ""));
}

/** A target of Prometheus, with the key that it is scraped with. */
function jobOf(name: string, target: string, credentials: string) {
  return {
    job_name: name,
    authorization: { credentials },
    static_configs: [{ targets: [target] }],
  };
}

describe.skipIf(programs === null)("the metrics of a running server", () => {
  const directory = mkdtempSync(join(tmpdir(), "pbt-edge-metrics-"));
  let server: RunningServer;
  let rootKey: string;
  let prometheus: Child;

  const send = async (path: string, body?: unknown, key: string = server.key) =>
    fetch(`${server.url}${path}`, {
      method: body === undefined ? "GET" : "POST",
      headers: { authorization: `Bearer ${key}` },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const scrape = async (key: string) => (await send("/metrics", undefined, key)).text();
  /** The result of a query, as numbers. */
  const query = async (expression: string): Promise<number[]> => {
    const response = await fetch(
      `${prometheus.url}/api/v1/query?${new URLSearchParams({ query: expression }).toString()}`,
    );
    const { status, data } = (await response.json()) as {
      status: string;
      data?: { result: { value: [number, string] }[] };
    };
    expect([expression, status]).toEqual([expression, "success"]);
    return (data?.result ?? []).map(({ value }) => Number(value[1]));
  };

  beforeAll(async () => {
    server = await startServer(join(directory, "state"));
    rootKey = (JSON.parse(readFileSync(join(directory, "state", "pbt-edge.json"), "utf8")) as { PBT_ROOT_KEY: string })
      .PBT_ROOT_KEY;
    for (let n = 0; n < EXECUTIONS; n++) {
      const stream = n % 2 === 0;
      const body = { prompt: "ticket-triage", variables: { product: "CRM", body: `ticket ${n}` }, stream };
      await (await send("/v1/executions", body)).text();
    }
    const ofAnswer = (await (await send("/v1/executions")).json()) as { data: { id: string }[] };
    await send(`/v1/executions/${ofAnswer.data[0]?.id ?? ""}/feedback`, { score: 0.5 });
    await fetch(`${server.url}/v1/budgets/tenant`, {
      method: "PUT",
      headers: { authorization: `Bearer ${server.key}` },
      body: '{"daily_usd": 100}',
    });
    const target = new URL(server.url).host;
    // JSON is YAML.
    const config = {
      global: { scrape_interval: "1s", scrape_timeout: "1s", evaluation_interval: "1s" },
      rule_files: [resolve(ALERTS)],
      scrape_configs: [jobOf("tenant", target, server.key), jobOf("deployment", target, rootKey)],
    };
    writeFileSync(join(directory, "prometheus.yml"), JSON.stringify(config));
    const port = await freePort();
    prometheus = await startChild({
      name: "prometheus",
      command: programs?.prometheus ?? "",
      args: [
        `--config.file=${join(directory, "prometheus.yml")}`,
        `--storage.tsdb.path=${join(directory, "tsdb")}`,
        `--web.listen-address=127.0.0.1:${port}`,
      ],
      ready: `http://127.0.0.1:${port}`,
    });
  });
  afterAll(async () => {
    await prometheus.stop();
    await server.stop();
    rmSync(directory, { recursive: true, force: true });
  });

  it.each(["tenant", "deployment"])("pass `promtool check metrics`: those of the %s", async (owner) => {
    const text = await scrape(owner === "tenant" ? server.key : rootKey);
    expect(text).toContain("pbt_scrape_source_up");
    // It ends with an error, and says why on stderr, where a metric is not as it should be.
    execFileSync(programs?.promtool ?? "", ["check", "metrics"], { input: text, stdio: ["pipe", "pipe", "pipe"] });
  });

  it("are scraped by Prometheus, which answers with the right numbers", async () => {
    await expect
      .poll(async () => query('sum(pbt_executions_total{job="tenant"})').catch(() => []), POLL)
      .toEqual([EXECUTIONS]);
    await expect.poll(async () => query('sum(pbt_executions_total{job="deployment"})'), POLL).toEqual([EXECUTIONS]);
    expect(await query('pbt_executions_total{job="tenant",outcome="succeeded",prompt="ticket-triage"}')).toEqual([
      EXECUTIONS,
    ]);
    expect(await query('pbt_execution_duration_seconds_bucket{job="tenant",le="+Inf"}')).toEqual([EXECUTIONS]);
    expect(await query('count(pbt_executions_total{job="deployment",prompt!=""})')).toEqual([]);
    expect(await query("up")).toEqual([1, 1]);
    expect(await query("min(pbt_scrape_source_up)")).toEqual([1]);
    expect(await query("count(pbt_queue_messages)")).toEqual([5]);
  });

  it("have every metric that a rule or a panel names", () => {
    const { expressions, recorded } = rulesIn(ALERTS);
    const known = new Set([...[...COUNTED, ...Object.values(MEASURED)].map(({ name }) => name), ...recorded]);
    const used = [...expressions, ...expressionsIn(DASHBOARD, "tenant")].flatMap(metricsIn);
    expect(used.length).toBeGreaterThan(50);
    expect(used.filter((name) => !known.has(name))).toEqual([]);
  });

  it("evaluate in every rule, which `promtool check rules` passes", async () => {
    execFileSync(programs?.promtool ?? "", ["check", "rules", ALERTS], { stdio: "pipe" });
    const { expressions } = rulesIn(ALERTS);
    const healthOf = async () => {
      const response = await fetch(`${prometheus.url}/api/v1/rules`);
      const { data } = (await response.json()) as { data: { groups: { rules: { health: string }[] }[] } };
      return data.groups.flatMap(({ rules }) => rules.map(({ health }) => health));
    };
    await expect.poll(healthOf, POLL).toEqual(expressions.map(() => "ok"));
    await expect.poll(async () => (await query("pbt:sla_error:ratio_rate5m")).length, POLL).toBe(2);
  });

  it("fill every panel of the dashboard, but for requests beyond the rate, of which there are none", async () => {
    const [ofTenant, ofDeployment] = ["tenant", "deployment"].map((job) => expressionsIn(DASHBOARD, job));
    const isEmpty = async (expression: string) => (await query(expression)).length === 0;
    const empty = async () => {
      const each = (ofTenant ?? []).map(async (expression, index) => {
        const isBoth = (await isEmpty(expression)) && (await isEmpty(ofDeployment?.[index] ?? ""));
        return isBoth ? metricsIn(expression) : [];
      });
      return (await Promise.all(each)).flat();
    };
    await expect.poll(empty, POLL).toEqual(["pbt_throttled_requests_total"]);
  });
});
