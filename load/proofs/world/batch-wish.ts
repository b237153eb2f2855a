import type { BatchMode } from "../../../src/domain/batches/batch.ts";
import type { BatchSubmission } from "../../../src/services/batches/accept-batch.ts";
import type { ExecutionRequest } from "../../../src/domain/executions/execution-options.ts";
import type { Random } from "../gate-sim/random.ts";
import { MODELS, TENANTS } from "./requests.ts";
import { tenantFor } from "./tenant-budgets.ts";

/** What one caller wants to be done later, and how it behaves. */
export interface BatchWish {
  name: string;
  tenant_id: string;
  /** A batch of `items`, or one asynchronous execution. */
  kind: "batch" | "execution";
  mode: BatchMode;
  items: number;
  max_cost_usd?: number;
  hasWebhook: boolean;
  /** The idempotency key, where the caller sends one. */
  key?: string;
  /** The caller cancels the batch, or redrives it, this long after it was accepted, in ms. */
  cancel_ms?: number;
  redrive_ms?: number;
}

/** The most items of most batches, and of a few that have two groups. */
const ITEMS = { usual: 12, many: 58 };
const DIRECTIVES = { no_store: false, no_cache: false, only_if_cached: false };
/** About the worst case of one item, in US dollars. */
const ITEM_USD = 0.0025;
/** The same in a provider's batch, which has one attempt at half the price. */
const PROVIDER_ITEM_USD = 0.00018;
/** One item in this number repeats the item before it. */
const COPY_EVERY = 9;

/** Makes up what a caller wants. */
export function makeBatchWish(random: Random, name: string): BatchWish {
  const kind = random.chance(0.5) ? "batch" : "execution";
  const isMany = random.chance(0.08);
  const items = kind === "execution" ? 1 : isMany ? ITEMS.many : 1 + Math.floor(random.between(0, ITEMS.usual));
  const isBatch = kind === "batch";
  const isLimited = random.chance(0.4) && isBatch;
  const roll = random.unit();
  const wait = random.between(500, 40_000);
  return {
    name,
    kind,
    mode: "queue",
    items,
    tenant_id: tenantFor(name, random.chance(0.6) ? TENANTS[0] : TENANTS[1]),
    hasWebhook: random.chance(0.6) && isBatch,
    ...(random.chance(0.5) ? { key: `k${name}` } : {}),
    ...(isLimited ? { max_cost_usd: ITEM_USD * random.between(0.5, 4) } : {}),
    ...(isBatch && roll < 0.2 ? { cancel_ms: wait } : {}),
    ...(isBatch && roll > 0.6 ? { redrive_ms: wait } : {}),
  };
}

/** Makes up a batch for a provider's own batch API. Few of them are left alone. */
export function makeProviderWish(random: Random, name: string): BatchWish {
  const roll = random.unit();
  const wait = random.between(500, 900_000);
  const isLimited = random.chance(0.4);
  return {
    name,
    kind: "batch",
    mode: "provider",
    items: 1 + Math.floor(random.between(0, isLimited ? ITEMS.usual : ITEMS.many)),
    tenant_id: tenantFor(name, random.chance(0.6) ? TENANTS[0] : TENANTS[1]),
    hasWebhook: random.chance(0.5),
    ...(random.chance(0.5) ? { key: `k${name}` } : {}),
    ...(isLimited ? { max_cost_usd: PROVIDER_ITEM_USD * random.between(0.5, 2 * ITEMS.usual) } : {}),
    ...(roll < 0.3 ? { cancel_ms: wait } : {}),
    ...(roll > 0.8 ? { redrive_ms: wait } : {}),
  };
}

/** The options of what a wish is about: a short prompt, so that an item's worst case is known. */
function optionsOf({ name, mode, max_cost_usd }: BatchWish) {
  const isOdd = mode === "provider" && Number(name.slice(1)) % 2 === 1;
  const models = isOdd ? [MODELS[1]] : max_cost_usd === undefined ? [...MODELS] : [MODELS[0]];
  return { prompt: { name: "short" }, parameters: {}, cache_control: DIRECTIVES, models, metadata: { wish: name } };
}

/** The submission of a batch, whose items come at the pace of `pause`. */
export function submissionOf(wish: BatchWish, pause: () => Promise<void>): BatchSubmission {
  const { name, mode, tenant_id, items, max_cost_usd, hasWebhook } = wish;
  const webhook = hasWebhook ? `https://hooks.example.com/${name}` : undefined;
  async function* texts(): AsyncGenerator<string> {
    for (let index = 0; index < items; index++) {
      if (index % 10 === 0) await pause();
      const number = index % COPY_EVERY === COPY_EVERY - 1 ? index - 1 : index;
      yield JSON.stringify({ variables: { question: questionOf(`${name}.${number}`) } });
    }
  }
  return {
    tenant_id,
    key_id: "key_1",
    items: texts(),
    header: { options: optionsOf(wish), mode, max_cost_usd, webhook },
  };
}

/** The request of an asynchronous execution. */
export function executionOf(wish: BatchWish): ExecutionRequest {
  const variables = { question: questionOf(wish.name) };
  return { tenant_id: wish.tenant_id, key_id: "key_1", lane: "standard", variables, options: optionsOf(wish) };
}

function questionOf(name: string): string {
  return `short ${name} ${"abc ".repeat(30)}`;
}
