import { withCleanup } from "../../harness/cleanup.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { percent } from "../../harness/numbers.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import type { GatesSeen } from "./evictable-worker.ts";
import { startEvictor } from "./evictor.ts";
import { lanesTable, offerLoad } from "./offered-load.ts";
import { callsOf, COUNTED_ENTRY, countOverLimit, enforce, printUse, type ProofKey, putKeys } from "./provider.ts";
import { killOnce } from "./server-kill.ts";
import { countEvictions, unanswered, usedIn } from "./verdict.ts";

/** One minute of load through isolates of several regions. */
interface BranchScenario {
  name: string;
  keys: ProofKey[];
  /** Whether the whole server is killed once and started again on its disk. */
  killed: boolean;
  /** Whether roots and branches are evicted every few seconds. */
  evicted: boolean;
  /** The share of the limits that must be used while the server is up; null for no promise. */
  leastUsed: number | null;
}

const MINUTE_MS = 60_000;
const DELAY_MS = 200;
/**
 * Where the requests to the isolates come in. Each isolate draws one branch of its region. The first
 * one serves those that prepare the proof, too: the local engine says that they come from Texas.
 */
const CONTINENTS = ["NA", "EU", "AS", "SA"];
const RPM = [150, 300, 450];
const OFFERED = 1_800;
/**
 * A large tenant has room for many calls at a time. What a lost branch had lent stays in use for a
 * minute and more.
 */
const EXECUTOR_CONCURRENCY = "1000";

const SCENARIOS: BranchScenario[] = [
  { name: "rate", keys: keysNamed("branched"), killed: false, evicted: false, leastUsed: 0.9 },
  { name: "rate, one SIGKILL", keys: keysNamed("killed-branch"), killed: true, evicted: false, leastUsed: 0.9 },
  // A lost branch forgets what it lent, and its permits stay charged for a minute.
  { name: "rate, evictions and one SIGKILL", keys: keysNamed("shaken"), killed: true, evicted: true, leastUsed: null },
];

/**
 * Loads a large tenant, whose isolates are in four regions and ask branches of its gate there, under
 * one provider's limits. Returns the broken promises: a 429 of the provider, too little of the limits
 * used, isolates that asked no branch.
 */
export async function proveBranches(mock: MockProcess, seed: number): Promise<string[]> {
  const faults: string[] = [];
  for (const scenario of SCENARIOS) {
    const broken = await withCleanup(async (stopLater) => {
      const options = { entry: COUNTED_ENTRY, isolates: CONTINENTS.length, vars: { EXECUTOR_CONCURRENCY } };
      const edge = stopLater(await RestartableEdge.prepare(mock, options));
      return proveScenario(mock, edge, scenario, seed);
    });
    faults.push(...broken.map((fault) => `${scenario.name}: ${fault}`));
  }
  return faults;
}

async function proveScenario(mock: MockProcess, edge: RestartableEdge, scenario: BranchScenario, seed: number) {
  const { name, keys, killed, evicted, leastUsed } = scenario;
  const { id, key } = await createLargeTenant(edge);
  await putKeys(edge.urls()[0] ?? "", key, keys);
  await mock.profile({ default: { delay_ms: DELAY_MS } });
  await enforce(mock, keys);
  const kill = killed ? killOnce(edge, seed) : null;
  const evictor = evicted ? startEvictor(seed, () => edge.urls()[0]) : null;
  const urls = async () => (await kill?.recovered(), edge.urls());
  const load = { key, perMs: OFFERED / MINUTE_MS, forMs: MINUTE_MS, urls, continents: CONTINENTS };
  const results = await offerLoad(load);
  const evictions = countEvictions((await evictor?.stop()) ?? []);
  const calls = await callsOf(mock, keys);
  const used = usedIn(calls, keys, MINUTE_MS);
  const seen = await gatesOf(edge);
  const branches = seen.names.filter((each) => each.startsWith(`${id}/openai/`));
  console.log(`\nbranches, ${name} (seed ${seed}): ${OFFERED} requests in 60 s, twice what 3 keys allow`);
  console.log(`${CONTINENTS.length} isolates, branches ${branches.map((each) => each.split("/")[2]).join(", ")}`);
  if (kill) console.log(`${evictions.real} evictions of roots and branches; SIGKILL ${kill.describe()}`);
  else console.log(`${seen.calls} calls to the root, ${seen.branchCalls} to branches`);
  printUse(calls, used, null);
  console.log(lanesTable(results));
  const shown = await usesShown(edge, key);
  console.log(`GET /v1/gate: ${shown.map(({ used, limit }) => `${used} of ${limit}`).join(", ")} requests in use`);
  const over = countOverLimit(calls);
  const least = (leastUsed ?? 0) * (1 - (kill?.downMs() ?? 0) / MINUTE_MS);
  return [
    ...(over > 0 ? [`${over} calls over the limits`] : []),
    ...(used < least ? [`under ${percent(least)} used`] : []),
    ...(branches.length < CONTINENTS.length ? ["isolates asked no branch"] : []),
    ...(shown.some(({ used, limit }) => used === 0 || used > limit) ? ["GET /v1/gate shows another use"] : []),
    ...unanswered(results, kill?.broke ?? (() => false)),
  ];
}

/** Creates a tenant and makes it a large one, which takes a start with another setting. */
async function createLargeTenant(edge: RestartableEdge): Promise<{ id: string; key: string }> {
  const url = await edge.start();
  const headers = { authorization: `Bearer ${edge.rootKey}`, "content-type": "application/json" };
  const body = JSON.stringify({ name: "large" });
  const response = await fetch(`${url}/v1/tenants`, { method: "POST", headers, body });
  if (!response.ok) throw new Error(`no tenant: ${await response.text()}`);
  const { tenant, key } = (await response.json()) as { tenant: { id: string }; key: { secret: string } };
  await edge.kill();
  edge.setVars({ LARGE_TENANTS: tenant.id });
  await edge.start();
  return { id: tenant.id, key: key.secret };
}

/** The requests in use of each key with a limit, over all branches, as the tenant sees them. */
async function usesShown(edge: RestartableEdge, key: string): Promise<{ used: number; limit: number }[]> {
  const response = await fetch(`${edge.urls()[0]}/v1/gate`, { headers: { authorization: `Bearer ${key}` } });
  if (!response.ok) throw new Error(`no view: ${await response.text()}`);
  const { data } = (await response.json()) as {
    data: { keys: { requests: { used: number; limit: number | null } }[] }[];
  };
  return data.flatMap(({ keys }) =>
    keys.flatMap(({ requests: { used, limit } }) => (limit === null ? [] : [{ used, limit }])),
  );
}

async function gatesOf(edge: RestartableEdge): Promise<GatesSeen> {
  return (await (await fetch(`${edge.urls()[0]}/gates`)).json()) as GatesSeen;
}

function keysNamed(name: string): ProofKey[] {
  return RPM.map((rpm, index) => ({ name: `${name}-${index + 1}`, rpm }));
}
