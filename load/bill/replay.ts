import { createRandom } from "../proofs/gate-sim/random.ts";
import { WorldClock } from "../proofs/world/world-clock.ts";
import { type Line, Meter, sumLines } from "./meter.ts";
import { type Bindings, Deployment, type WorkerModule } from "./platform/deployment.ts";
import { createProviderFetch } from "./provider.ts";
import type { Variant } from "./variants.ts";
import type { Load, Slice } from "./workload.ts";

/** How to replay a load. Times in seconds of the simulated clock. */
export interface ReplayPlan {
  worker: WorkerModule;
  bindings: Bindings;
  variant: Variant;
  seed: number;
  /** How long requests come before any is counted, and how long they are counted. */
  warmS: number;
  seconds: number;
  cpuMs: number;
}

/** What a load used. */
export interface Replayed {
  lines: Line[];
  executions: number;
  /** Answers that were errors, by status. */
  failed: Map<number, number>;
}

const ROOT_KEY = "root-key-of-the-bill";
const SECRETS = {
  PBT_ROOT_KEY: ROOT_KEY,
  KEY_PEPPER: "pepper-of-the-bill",
  KEY_ENCRYPTION_KEY: btoa("0123456789abcdef0123456789abcdef"),
};
const ORIGIN = "https://edge.test";
const PROMPT = `name: bill
model: gpt-4o-mini
template: "Answer in two sentences and name your sources: {{ text }}"
variables:
  text: {type: string, required: true}
`;
/** Between two users that are set up, and between two requests that prime isolates, ms. */
const SETUP_MS = 20;
/** How long the replay waits for what is still under way before it counts, ms. */
const SETTLE_MS = 10_000;

/** Replays each slice of a load by itself, and adds up what they used, each by its weight. */
export async function replayLoad(plan: ReplayPlan, { slices }: Load): Promise<Replayed> {
  const parts: { replayed: Replayed; weight: number }[] = [];
  for (const slice of slices) parts.push({ replayed: await replaySlice(plan, slice), weight: slice.weight });
  return {
    lines: sumLines(parts.map(({ replayed: { lines }, weight }) => ({ lines, weight }))),
    executions: parts.reduce((sum, { replayed: { executions }, weight }) => sum + executions * weight, 0),
    failed: new Map(parts.flatMap(({ replayed: { failed } }) => [...failed])),
  };
}

/** Replays one slice under a clock of its own. */
async function replaySlice(plan: ReplayPlan, slice: Slice): Promise<Replayed> {
  const clock = new WorldClock();
  const random = createRandom(plan.seed);
  const meter = new Meter();
  const { worker, bindings, cpuMs } = plan;
  const { length: places } = slice.places;
  const fetch = createProviderFetch(clock);
  const shape = { places, isolates: slice.isolates, secrets: SECRETS };
  const deployment = new Deployment({ clock, random, meter, worker, bindings, cpuMs, fetch, ...shape });
  const restore = deployment.install();
  const { random: mathRandom } = Math;
  const { log, error } = console;
  Math.random = () => random.unit();
  console.log = console.error = () => meter.add("log bytes", "log lines", LOG_LINE_BYTES);
  try {
    return await new Replay(plan, slice, { clock, random, meter, deployment }).run();
  } finally {
    Math.random = mathRandom;
    Object.assign(console, { log, error });
    restore();
  }
}

/** What a line of the Worker's own log weighs, bytes. */
const LOG_LINE_BYTES = 500;

/** A user of the load. */
interface User {
  token: string;
  place: number;
  /** Executions a ms. */
  rate: number;
  asked: number;
}

class Replay {
  readonly #plan: ReplayPlan;
  readonly #slice: Slice;
  readonly #clock: WorldClock;
  readonly #random: ReturnType<typeof createRandom>;
  readonly #meter: Meter;
  readonly #deployment: Deployment;
  readonly #failed = new Map<number, number>();
  #executions = 0;

  constructor(
    plan: ReplayPlan,
    slice: Slice,
    parts: { clock: WorldClock; random: ReturnType<typeof createRandom>; meter: Meter; deployment: Deployment },
  ) {
    this.#plan = plan;
    this.#slice = slice;
    this.#clock = parts.clock;
    this.#random = parts.random;
    this.#meter = parts.meter;
    this.#deployment = parts.deployment;
  }

  async run(): Promise<Replayed> {
    const { warmS, seconds } = this.#plan;
    const users = await this.#setUp();
    await this.#prime(users);
    this.#deployment.startCron();
    for (const user of users) this.#arrive(user);
    await this.#clock.runUntil(this.#clock.elapsed() + warmS * 1_000);
    const before = this.#deployment.stored();
    this.#meter.isOn = true;
    await this.#clock.runUntil(this.#clock.elapsed() + seconds * 1_000);
    this.#meter.isOn = false;
    const after = this.#deployment.stored();
    const stored = (["d1", "object", "r2"] as const).flatMap((what): Line[] => [
      { item: `${what} bytes`, part: "at rest", amount: before[what] },
      { item: `${what} bytes`, part: "growth", amount: after[what] - before[what] },
    ]);
    const lines = sumLines([
      { lines: this.#meter.lines(), weight: 1 },
      { lines: stored, weight: 1 },
    ]);
    return { lines, executions: this.#executions, failed: this.#failed };
  }

  /** Creates a tenant with a prompt and a provider key for each user, through the API. */
  async #setUp(): Promise<User[]> {
    const wanted = this.#slice.places.flatMap((rates, place) => rates.map((rate) => ({ rate, place })));
    const users: User[] = [];
    for (const [index, { rate, place }] of wanted.entries()) {
      this.#clock.in(undefined, index * SETUP_MS, () => {
        const work = this.#createUser(`user${index}`, place);
        void work.then((token) => users.push({ token, place, rate, asked: 0 }));
      });
    }
    await this.#clock.runUntil(Infinity, () => users.length === wanted.length);
    return users;
  }

  async #createUser(name: string, place: number): Promise<string> {
    const { limits = {} } = this.#plan.variant;
    const tenant = await this.#call(place, ROOT_KEY, "POST", "/v1/tenants", JSON.stringify({ name }));
    const { key } = JSON.parse(tenant) as { key: { secret: string } };
    const providerKey = JSON.stringify({ api_key: `sk-of-${name}-0123456789`, ...limits });
    await this.#call(place, key.secret, "PUT", "/v1/providers/openai/keys/main", providerKey);
    await this.#call(place, key.secret, "PUT", "/v1/prompts/bill", PROMPT);
    return key.secret;
  }

  async #call(place: number, token: string, method: string, path: string, body: string): Promise<string> {
    const request = new Request(`${ORIGIN}${path}`, {
      method,
      body,
      headers: headersOf(token, body === PROMPT ? "application/yaml" : "application/json"),
    });
    const { status, text } = await this.#deployment.request(place, request);
    if (status >= 300) throw new Error(`${method} ${path} was answered with ${status}: ${text}`);
    return text;
  }

  /**
   * Each user asks each isolate of its place once, so that what an isolate keeps for ever is there.
   */
  async #prime(users: readonly User[]): Promise<void> {
    let at = 0;
    for (let isolate = 0; isolate < this.#slice.isolates; isolate++) {
      for (const user of users) this.#clock.in(undefined, (at += SETUP_MS), () => void this.#ask(user, isolate));
    }
    await this.#clock.runUntil(this.#clock.elapsed() + at + SETTLE_MS);
  }

  /** A user's requests come at random, at its rate. */
  #arrive(user: User): void {
    const { size = 1 } = this.#plan.variant;
    this.#clock.in(undefined, this.#random.exponential(user.rate / size), () => {
      void this.#ask(user);
      this.#arrive(user);
    });
  }

  async #ask(user: User, isolate?: number): Promise<void> {
    const { path, headers, body, executions } = this.#plan.variant.ask(user.asked, this.#random);
    user.asked += 1;
    const isCounted = this.#meter.isOn;
    if (isCounted) this.#executions += executions;
    const request = new Request(`${ORIGIN}${path}`, {
      method: "POST",
      headers: { ...headersOf(user.token), ...headers },
      body: JSON.stringify(body),
    });
    const { status } = await this.#deployment.request(user.place, request, isolate);
    if (isCounted && status >= 300) this.#failed.set(status, (this.#failed.get(status) ?? 0) + 1);
  }
}

function headersOf(token: string, type = "application/json"): Record<string, string> {
  return { authorization: `Bearer ${token}`, "content-type": type };
}
