import { withLocalStack } from "../../harness/local-stack.ts";

/** The cron trigger comes this often, ms, so that the proof need not wait for whole minutes. */
const CRON_MS = 1_000;
/** Anything that is waited for comes within this time, ms. */
const PATIENCE_MS = 240_000;
const LOOK_MS = 500;
const CALLERS = 10;
const LABEL = "/v1/prompts/capitals/labels/production";

/** A caller of the server's API under one key. */
type Call = <T = Record<string, unknown>>(method: string, path: string, body?: unknown) => Promise<T>;

interface PromotionView {
  id: string;
  status: string;
  checks: { name: string; status: string; detail: string }[];
}

interface MoveView {
  who: string | null;
  when: string;
  from: object | null;
  to: object | null;
  why: string | null;
  cause: string;
}

/**
 * Drives a running server: a promotion that its tests refuse, one that passes and is approved, and
 * a split whose new version fails half of its calls. Prints what the API says of each. Returns what
 * does not hold.
 */
export async function proveServer(): Promise<string[]> {
  return withLocalStack(
    { cronMs: CRON_MS, vars: { TENANT_RATE_PER_S: "100000", TENANT_BURST: "100000" } },
    async ({ edge }) => {
      const owner = callerOf(edge.url, edge.key);
      const author = callerOf(edge.url, await newKey(owner, ["prompts:write", "prompts:read"]));
      const approver = callerOf(edge.url, await newKey(owner, ["prompts:approve"]));
      for (const answer of ["It is Paris.", "It is Lyon.", "Paris."]) await publish(owner, { answer });
      await owner("PUT", LABEL, { version: 1, reason: "first release" });
      await owner("PUT", `${LABEL}/protection`, {
        tests: true,
        compatible_variables: true,
        approvals: 1,
        auto_rollback: {},
      });
      const faults = [
        ...(await proveRefused(author)),
        ...(await proveApproved(author, approver)),
        ...(await proveRollback(owner)),
        ...(await proveTestRollback(owner)),
      ];
      const { data } = await owner<{ data: MoveView[] }>("GET", `${LABEL}/history`);
      console.log("\nhistory of the label, newest first:");
      for (const { when, who, cause, from, to, why } of data) {
        console.log(
          `  ${when}  ${cause}  ${JSON.stringify(from)} → ${JSON.stringify(to)}  by ${who ?? "nobody"}: ${why ?? ""}`,
        );
      }
      return faults;
    },
  );
}

async function proveRefused(author: Call): Promise<string[]> {
  const ended = await promote(author, 2, "the answers of a cheaper model");
  report("tests that are worse", ended);
  return ended.status === "failed" ? [] : [`a version whose tests are worse was ${ended.status}`];
}

async function proveApproved(author: Call, approver: Call): Promise<string[]> {
  const { promotion } = await author<{ promotion: PromotionView }>("PUT", LABEL, { version: 3, reason: "shorter" });
  await approver("POST", `/v1/promotions/${promotion.id}/approve`);
  const ended = await untilEnded(author, promotion.id);
  report("tests that are as good, and an approval", ended);
  return ended.status === "promoted" ? [] : [`a version that passed and was approved is ${ended.status}`];
}

/** Without gates, so that the split begins at once; it goes back by itself all the same. */
async function proveRollback(owner: Call): Promise<string[]> {
  await publish(owner, { answer: "Paris!", status: 400, rate: 0.5 });
  await owner("PUT", `${LABEL}/protection`, {
    tests: false,
    compatible_variables: false,
    approvals: 0,
    auto_rollback: {},
  });
  const split = [
    { version: 3, weight: 1 },
    { version: 4, weight: 1 },
  ];
  await owner("PUT", LABEL, { split, reason: "canary" });
  const began = performance.now();
  let calls = 0;
  const call = async () => {
    while (performance.now() - began < PATIENCE_MS) {
      const json = {
        prompt: "capitals",
        label: "production",
        variables: { country: `country ${calls++}` },
        cache: false,
      };
      await owner("POST", "/v1/executions", json).catch(() => undefined);
      const { data } = await owner<{ data: { version?: number }[] }>("GET", "/v1/prompts/capitals/labels");
      if (data[0]?.version === 3) return true;
      await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    }
    return false;
  };
  const isBack = (await Promise.all(Array.from({ length: CALLERS }, call))).every(Boolean);
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(
    `\na canary that fails half of its calls: ${isBack ? "back" : "NOT BACK"} after ${seconds} s and ${calls} calls`,
  );
  return isBack ? [] : ["a split whose new version fails half of its calls stayed"];
}

/** By a run of the canary's tests that somebody starts while the split is served. */
async function proveTestRollback(owner: Call): Promise<string[]> {
  await publish(owner, { answer: "It is Lyon." });
  await owner("PUT", `${LABEL}/protection`, {
    tests: false,
    compatible_variables: false,
    approvals: 0,
    auto_rollback: { errors: false },
  });
  const split = [
    { version: 3, weight: 9 },
    { version: 5, weight: 1 },
  ];
  await owner("PUT", LABEL, { split, reason: "canary" });
  const began = performance.now();
  await owner("POST", "/v1/prompts/capitals/tests/run", { version: 5, repeat: 10 });
  let isBack = false;
  while (!isBack && performance.now() - began < PATIENCE_MS) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { data } = await owner<{ data: { version?: number }[] }>("GET", "/v1/prompts/capitals/labels");
    isBack = data[0]?.version === 3;
  }
  const seconds = ((performance.now() - began) / 1000).toFixed(0);
  console.log(`\na canary whose tests fail: ${isBack ? "back" : "NOT BACK"} ${seconds} s after its run was started`);
  const { data } = await owner<{ data: object[] }>("GET", "/v1/audit?action=label.rolled_back&limit=1");
  console.log(`  audit: ${JSON.stringify(data[0])}`);
  return isBack ? [] : ["a split whose new version fails its tests stayed"];
}

async function promote(author: Call, version: number, reason: string): Promise<PromotionView> {
  const { promotion } = await author<{ promotion: PromotionView }>("PUT", LABEL, { version, reason });
  return untilEnded(author, promotion.id);
}

async function untilEnded(caller: Call, id: string): Promise<PromotionView> {
  for (let waited = 0; ; waited += LOOK_MS) {
    const promotion = await caller<PromotionView>("GET", `/v1/promotions/${id}`);
    if (promotion.status !== "pending" || waited > PATIENCE_MS) return promotion;
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
  }
}

function report(what: string, { id, status, checks }: PromotionView): void {
  console.log(`\n${what}: ${id} is ${status}`);
  for (const check of checks) console.log(`  ${check.name}: ${check.status}: ${check.detail}`);
}

/** A version whose model the mock provider plays as `behaviour` says. */
async function publish(owner: Call, behaviour: object): Promise<void> {
  const marker = `[[mock:${JSON.stringify(behaviour)}]]`;
  await owner("PUT", "/v1/prompts/capitals", {
    model: "gpt-4o-mini",
    messages: [{ role: "user", content: `${marker}What is the capital of {{ country }}?` }],
    variables: { country: { type: "string", required: true } },
    tests: ["France", "la France", "the French Republic"].map((country) => ({
      name: country,
      inputs: { country },
      expected_contains: ["Paris"],
    })),
  });
}

async function newKey(owner: Call, scopes: string[]): Promise<string> {
  return (await owner<{ secret: string }>("POST", "/v1/keys", { name: "of-the-proof", scopes })).secret;
}

function callerOf(url: string, key: string): Call {
  return async <T>(method: string, path: string, body?: unknown): Promise<T> => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { authorization: `Bearer ${key}`, "content-type": "application/json" },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
}
