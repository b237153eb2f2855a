import { createTenant } from "../../../scripts/tenant.ts";
import { type MortalEdge, prepareMortalEdge } from "../../harness/mortal-edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import type { CallRecord } from "../../mock/call-log.ts";
import { lanesTable, offer } from "./callers.ts";
import { startEvictor } from "./evictor.ts";
import { killOnce } from "./kill.ts";
import { callsOf, COUNTED_ENTRY, enforce, gateCalls, type ProofKey, putKeys } from "./provider.ts";
import { countEvictions, unanswered, usedIn } from "./verdict.ts";

/** One minute of load while the gate's object is evicted again and again. */
interface World {
  name: string;
  keys: ProofKey[];
  /** How long the provider takes, and how many calls a minute are twice what the keys allow. */
  delayMs: number;
  offered: number;
  /** The whole server is killed once and started again on its disk. */
  killed: boolean;
  /** What evictions and the kill may cost; null where nothing is promised. */
  leastUsed: number | null;
}

const MINUTE_MS = 60_000;
const RPM = [300, 600, 900];
const AT_ONCE = 20;
const SLOW_MS = 2_000;
/** Evictions that have to happen while someone waits in the object. */
const LEAST_EVICTIONS = 5;

const RATE = { delayMs: 200, offered: 3_600, leastUsed: 0.8 };
const CROWD = { delayMs: SLOW_MS, offered: (2 * 3 * AT_ONCE * MINUTE_MS) / SLOW_MS };
const WORLDS: World[] = [
  { ...RATE, name: "calls a minute", keys: rpmKeys("evicted"), killed: false },
  { ...CROWD, name: "calls at a time", keys: crowdKeys("crowded"), killed: false, leastUsed: 0.8 },
  { ...RATE, name: "calls a minute, one SIGKILL", keys: rpmKeys("killed"), killed: true },
  // Nobody can tell whether a call that was under way has ended: its slot counts as in use for as long as it may last, a minute and more.
  { ...CROWD, name: "calls at a time, one SIGKILL", keys: crowdKeys("lost"), killed: true, leastUsed: null },
];

/** All worlds, each with a server and a disk of its own. Gives what did not hold. */
export async function proveEvictions(mock: MockProcess, isolates: number, seed: number): Promise<string[]> {
  const faults: string[] = [];
  for (const world of WORLDS) {
    const edge = await prepareMortalEdge(mock, {}, { entry: COUNTED_ENTRY, isolates });
    try {
      const broken = await prove(mock, edge, world, seed);
      faults.push(...broken.map((fault) => `${world.name}: ${fault}`));
    } finally {
      await edge.dispose();
    }
  }
  return faults;
}

async function prove(mock: MockProcess, edge: MortalEdge, world: World, seed: number): Promise<string[]> {
  const { name, keys, delayMs, offered, leastUsed } = world;
  const url = await edge.start();
  const key = await createTenant(url, edge.rootKey, "evicted");
  await putKeys(url, key, keys);
  await mock.profile({ default: { delay_ms: delayMs } });
  await enforce(mock, keys);
  const down = world.killed ? killOnce(edge, seed) : null;
  const evictor = startEvictor(seed, () => edge.urls()[0]);
  const urls = async () => (await down?.up(), edge.urls());
  const seen = await offer({ key, perMs: offered / MINUTE_MS, forMs: MINUTE_MS, urls });
  const evictions = await evictor.stop();
  const calls = await callsOf(mock, keys);
  const used = usedIn(calls, keys, MINUTE_MS);
  const { real, waited, broke } = countEvictions(evictions);
  console.log(`\nevictions, ${name} (seed ${seed}): ${offered} calls in 60 s, twice what 3 keys allow`);
  console.log(`${real} evictions, ${waited} of them with wishes waiting in the object: ${broke} waits broken`);
  if (down) console.log(`SIGKILL ${down.tell()}; ${seen.filter(down.brokenBy).length} callers lost their connection`);
  console.log(`429s of the provider ${over(calls)}, used ${(used * 100).toFixed(1)} % of the limits in the minute`);
  // A process that was killed takes its count along.
  if (!down)
    console.log(`${((await gateCalls(edge.urls())) / calls.length).toFixed(3)} calls to the gate an execution`);
  console.log(lanesTable(seen));
  return [
    ...(over(calls) > 0 ? [`${over(calls)} calls over the limits`] : []),
    ...(leastUsed !== null && used < leastUsed ? [`under ${leastUsed * 100} % used`] : []),
    ...(waited < LEAST_EVICTIONS ? [`only ${waited} evictions while anyone waited`] : []),
    ...unanswered(seen, down?.brokenBy ?? (() => false)),
  ];
}

function over(calls: readonly CallRecord[]): number {
  return calls.filter(({ over_limit }) => over_limit).length;
}

function rpmKeys(name: string): ProofKey[] {
  return RPM.map((rpm, index) => ({ name: `${name}-${index + 1}`, rpm }));
}

function crowdKeys(name: string): ProofKey[] {
  return [1, 2, 3].map((n) => ({ name: `${name}-${n}`, atOnce: AT_ONCE }));
}
