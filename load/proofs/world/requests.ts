import { tenantFor } from "./tenant-budgets.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import type { Lane } from "../../../src/domain/lane.ts";
import type { FaultName } from "./faults.ts";
import type { Random } from "../gate-sim/random.ts";

/** The tenants of a world. */
export const TENANTS = ["ten_a", "ten_b"] as const;
/** The models that callers ask for: the first two are rivals, of different providers. */
export const MODELS = ["gpt-4o-mini", "claude-haiku-4-5"] as const;

/** What one caller asks, and how it behaves. */
export interface Wish {
  name: string;
  request: ExecutionRequest;
  form: "whole" | "stream";
  /** The idempotency key, where the caller sends one. */
  key?: string;
  /** The client leaves this long after it asked, in ms. */
  leaves_ms?: number;
  /** The platform ends the request this long after it began, in ms. */
  cancelled_ms?: number;
}

const DIRECTIVES = { no_store: false, no_cache: false, only_if_cached: false };
/** Questions that several callers ask at the same time. */
const SHARED_QUESTIONS = 4;
/** How long a shared question is asked before others take its place, in ms. */
const FASHION_MS = 4_000;

/** Makes up what a caller wants at `now` ms after the start. */
export function makeWish(random: Random, faults: ReadonlySet<FaultName>, name: string, now: number): Wish {
  const tenant_id = tenantFor(name, random.chance(0.6) ? TENANTS[0] : TENANTS[1]);
  const isShared = random.chance(0.4);
  const isMixed = faults.has("mixed") || !isShared;
  const kind = random.chance(0.12) ? "json" : random.chance(0.3) ? "short" : "plain";
  const wave = Math.floor(now / FASHION_MS);
  const topic = isShared ? `shared ${wave}.${Math.floor(random.between(0, SHARED_QUESTIONS))}` : name;
  const lane: Lane = isMixed && random.chance(0.2) ? "high" : "standard";
  const roll = isMixed ? random.unit() : 0.9;
  const models = roll < 0.2 ? [MODELS[0]] : roll < 0.3 ? [MODELS[1]] : [...MODELS];
  const isImpatient = isMixed && random.chance(0.1);
  const haste = faults.has("deadlines") && isMixed ? random.unit() : 1;
  const [isShort, isLong] = [haste < 0.12, haste >= 0.12 && haste < 0.22];
  const isLeaving = random.chance(0.1);
  const isCancelled = faults.has("cancellations") && random.chance(0.08);
  return {
    name,
    form: random.chance(0.4) ? "stream" : "whole",
    request: {
      tenant_id,
      key_id: "key_1",
      lane,
      variables: { question: `${kind} ${topic} ${"abc ".repeat(kind === "json" ? 20 : 60)}` },
      options: {
        prompt: { name: kind },
        parameters: {},
        cache_control: DIRECTIVES,
        models,
        ...(isShared ? { cache: true } : {}),
        ...(isImpatient ? { queue: false } : {}),
        ...(isShort ? { timeout_ms: Math.floor(random.between(400, 4_000)) } : {}),
        ...(isLong ? { timeout_ms: Math.floor(random.between(65_000, 300_000)) } : {}),
      },
    },
    ...(random.chance(0.35) ? { key: `k${name}` } : {}),
    ...(isLeaving ? { leaves_ms: random.between(50, 3_000) } : {}),
    ...(isCancelled ? { cancelled_ms: random.between(20, 8_000) } : {}),
  };
}

/** A call that only occupies a slot of a key. */
export function makeFiller(tenant_id: string, name: string, model: string): Wish {
  const options = {
    prompt: { name: "plain" },
    parameters: {},
    cache_control: DIRECTIVES,
    models: [model],
    timeout_ms: 60_000,
  };
  const request: ExecutionRequest = {
    tenant_id,
    key_id: "key_1",
    lane: "standard",
    variables: { question: `plain ${name}` },
    options,
  };
  return { name, form: "whole", request };
}

/** A small call that keeps an isolate's leases alive: of each tenant and model in turn. */
export function makeBeat(beat: number): Wish {
  const [tenant, model] = [TENANTS[beat % 2] ?? TENANTS[0], MODELS[Math.floor(beat / 2) % 2] ?? MODELS[0]];
  return makeFiller(tenant, `beat${beat}`, model);
}
