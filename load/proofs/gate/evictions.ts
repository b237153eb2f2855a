import { createTenant } from "../../../scripts/tenant.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import type { MockProcess } from "../../harness/mock.ts";
import { RestartableEdge } from "../../harness/restartable-edge.ts";
import { startEvictor } from "./evictor.ts";
import { lanesTable, offerLoad } from "./offered-load.ts";
import {
  callsOf,
  COUNTED_ENTRY,
  countOverLimit,
  enforce,
  gateCalls,
  printUse,
  type ProofKey,
  putKeys,
} from "./provider.ts";
import { killOnce } from "./server-kill.ts";
import { countEvictions, unanswered, usedIn } from "./verdict.ts";

/** One minute of load while the gate's objects are evicted every few seconds. */
interface EvictionScenario {
  name: string;
  keys: ProofKey[];
  /** How long the provider takes. */
  delayMs: number;
  /** Requests in the minute: twice what the keys allow. */
  offered: number;
  /** Whether the whole server is killed once and started again on its disk. */
  killed: boolean;
  /** The share of the limits that must be used; null where nothing is promised. */
  leastUsed: number | null;
}

const MINUTE_MS = 60_000;
const RPM = [300, 600, 900];
const CONCURRENCY = 20;
const SLOW_MS = 2_000;
/** The smallest number of evictions of an object in which a client waits. */
const LEAST_EVICTIONS = 5;

const RATE = { delayMs: 200, offered: 3_600, leastUsed: 0.8 };
const CROWD = { delayMs: SLOW_MS, offered: (2 * 3 * CONCURRENCY * MINUTE_MS) / SLOW_MS };
const SCENARIOS: EvictionScenario[] = [
  { ...RATE, name: "rate", keys: rateKeys("evicted"), killed: false },
  { ...CROWD, name: "concurrency", keys: concurrencyKeys("crowded"), killed: false, leastUsed: 0.8 },
  { ...RATE, name: "rate, one SIGKILL", keys: rateKeys("killed"), killed: true },
  // After the kill nothing shows whether a call in flight has ended, so its permit stays in use for
  // as long as the call may last: a minute and more.
  { ...CROWD, name: "concurrency, one SIGKILL", keys: concurrencyKeys("lost"), killed: true, leastUsed: null },
];

/** Runs all scenarios, each with a server and a disk of its own. Returns the broken promises. */
export async function proveEvictions(mock: MockProcess, isolates: number, seed: number): Promise<string[]> {
  const faults: string[] = [];
  for (const scenario of SCENARIOS) {
    const broken = await withCleanup(async (stopLater) => {
      const edge = stopLater(await RestartableEdge.prepare(mock, { entry: COUNTED_ENTRY, isolates }));
      return proveScenario(mock, edge, scenario, seed);
    });
    faults.push(...broken.map((fault) => `${scenario.name}: ${fault}`));
  }
  return faults;
}

async function proveScenario(mock: MockProcess, edge: RestartableEdge, scenario: EvictionScenario, seed: number) {
  const { name, keys, delayMs, offered, leastUsed } = scenario;
  const url = await edge.start();
  const key = await createTenant(url, edge.rootKey, "evicted");
  await putKeys(url, key, keys);
  await mock.profile({ default: { delay_ms: delayMs } });
  await enforce(mock, keys);
  const kill = scenario.killed ? killOnce(edge, seed) : null;
  const evictor = startEvictor(seed, () => edge.urls()[0]);
  const urls = async () => (await kill?.recovered(), edge.urls());
  const results = await offerLoad({ key, perMs: offered / MINUTE_MS, forMs: MINUTE_MS, urls });
  const evictions = await evictor.stop();
  const calls = await callsOf(mock, keys);
  const used = usedIn(calls, keys, MINUTE_MS);
  const { real, waited, broke } = countEvictions(evictions);
  console.log(`\nevictions, ${name} (seed ${seed}): ${offered} requests in 60 s, twice what 3 keys allow`);
  console.log(`${real} evictions, ${waited} of them while clients waited in the object: ${broke} waits broken`);
  if (kill)
    console.log(`SIGKILL ${kill.describe()}; ${results.filter(kill.broke).length} clients lost their connection`);
  // A killed process loses its count of gate calls.
  printUse(calls, used, kill ? null : await gateCalls(edge.urls()));
  console.log(lanesTable(results));
  const over = countOverLimit(calls);
  return [
    ...(over > 0 ? [`${over} calls over the limits`] : []),
    ...(leastUsed !== null && used < leastUsed ? [`under ${leastUsed * 100} % used`] : []),
    ...(waited < LEAST_EVICTIONS ? [`only ${waited} evictions while a client waited`] : []),
    ...unanswered(results, kill?.broke ?? (() => false)),
  ];
}

function rateKeys(name: string): ProofKey[] {
  return RPM.map((rpm, index) => ({ name: `${name}-${index + 1}`, rpm }));
}

function concurrencyKeys(name: string): ProofKey[] {
  return [1, 2, 3].map((n) => ({ name: `${name}-${n}`, atOnce: CONCURRENCY }));
}
