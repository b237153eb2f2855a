import { env } from "cloudflare:workers";
import { servicesOf } from "../../src/deps/services.ts";
import type { BuiltInProvider } from "../../src/domain/completions/completion.ts";
import { createAnthropicBatches } from "../../src/providers/anthropic/batches.ts";
import type { BatchProvider } from "../../src/providers/batch-provider.ts";
import { createOpenAIBatches } from "../../src/providers/openai/batches.ts";
import type { ProviderBatchDeps } from "../../src/services/batches/provider-batch-work.ts";
import { tickProviderBatches } from "../../src/services/batches/tick-provider-batches.ts";
import { createRouteModel } from "../../src/services/completions/route-model.ts";
import { ProviderBatchStore } from "../../src/storage/batches/provider-batches.ts";
import { call, newTenant } from "./api.ts";
import { executions, shards } from "./shards.ts";

/** A model of each provider that has a price. */
export const MODELS = { openai: "gpt-4o-mini", anthropic: "claude-haiku-4-5" } as const;

/** One line of a batch's results. */
export interface ResultLine {
  custom_id: string | null;
  index: number;
  status: string;
  execution?: {
    id: string;
    output: string | null;
    cost_usd: number | null;
    attempts: number;
    finish_reason: string;
    tool_calls?: unknown;
    reasoning?: string;
    warnings?: string[];
  };
  error?: { code: string; detail: string };
}

/** A call that the mock received. */
export interface SeenCall {
  path: string;
  key: string;
  batch_items?: number;
}

/**
 * A tenant with a prompt that repeats its input, and a provider key of its own that tells its calls
 * from those of other tenants.
 */
export async function openTenant(provider: BuiltInProvider) {
  const tenant = await newTenant();
  const secret = `sk-${tenant.id}`;
  const { key } = tenant;
  await call("PUT", `/v1/providers/${provider}/keys/main`, { key, json: { api_key: secret } });
  const yaml = `name: say\nmodel: ${MODELS[provider]}\nmax_tokens: 200\ntemplate: "{{ text }}"\nvariables:\n  text: {type: string, required: true}\n`;
  await call("PUT", "/v1/prompts/say", { key, yaml });
  return {
    ...tenant,
    provider,
    async accept(texts: unknown[], more: object = {}): Promise<string> {
      const items = texts.map((text, n) => ({ custom_id: `item-${n}`, variables: { text } }));
      const json = { prompt: "say", mode: "provider", items, ...more };
      const reply = await call<{ id: string }>("POST", "/v1/batches", { key, json });
      if (reply.status !== 202) throw new Error(reply.text);
      return reply.json.id;
    },
    get: async (id: string) => (await call("GET", `/v1/batches/${id}`, { key })).json,
    async results(id: string): Promise<ResultLine[]> {
      const { text } = await call("GET", `/v1/batches/${id}/results`, { key });
      return text.split("\n").flatMap((line) => (line === "" ? [] : [JSON.parse(line) as ResultLine]));
    },
    async calls(): Promise<SeenCall[]> {
      const reply = await fetch(`${env.MOCK_URL}/__mock/calls`);
      const { calls } = await reply.json<{ calls: SeenCall[] }>();
      return calls.filter((each) => each.key === secret);
    },
  };
}

/**
 * Provider batches over the real store and HTTP to the mock, with a clock that the test sets.
 */
export function openRunner(change: (deps: ProviderBatchDeps) => Partial<ProviderBatchDeps> = () => ({})) {
  const { resolvePrompt, providerKeys, prices, providerBatchBudgets } = servicesOf(env);
  const options = { openai: env.OPENAI_BASE_URL, anthropic: env.ANTHROPIC_BASE_URL };
  const fetcher = async (input: string | URL | Request, init?: RequestInit) => fetch(input, init);
  const clock = { now: Date.now() };
  const errors: unknown[] = [];
  const ended: string[] = [];
  const providers: Record<BuiltInProvider, BatchProvider> = {
    openai: createOpenAIBatches({ baseUrl: options.openai, fetch: fetcher }),
    anthropic: createAnthropicBatches({ baseUrl: options.anthropic, fetch: fetcher }),
  };
  const deps: ProviderBatchDeps = {
    now: () => clock.now,
    random: () => 0.5,
    store: new ProviderBatchStore(shards),
    providers,
    maxSize: 1_000_000,
    resolve: resolvePrompt,
    keysFor: async (...of) => providerKeys.keysFor(...of),
    pricesOf: async (tenantId) => prices.pricesOf(tenantId),
    route: createRouteModel({
      pricesOf: async (tenantId) => prices.pricesOf(tenantId),
      keysFor: async (...of) => providerKeys.keysFor(...of),
      upstreamsOf: async () => [],
      quality: () => undefined,
    }),
    record: async (execution) => executions.record(execution),
    observe: () => undefined,
    keepsContent: () => false,
    budgets: providerBatchBudgets,
    onEnded: async (_tenantId, batchId) => void ended.push(batchId),
    onError: (_id, error) => errors.push(error),
  };
  const changed = { ...deps, ...change(deps) };
  const tick = async () => tickProviderBatches(changed);
  return {
    deps,
    clock,
    errors,
    ended,
    tick,
    /** Ticks 15 minutes apart until `done`, for at most 30 hours. */
    tickUntil: async (done: () => Promise<boolean>): Promise<void> => {
      for (let ticks = 0; ticks < 120 && !(await done()); ticks += 1) {
        await tick();
        clock.now += 15 * 60_000;
      }
    },
  };
}

/** A runner whose OpenAI behaves otherwise in some calls. */
export function openRunnerWith(change: (openai: BatchProvider) => Partial<BatchProvider>) {
  return openRunner(({ providers: { openai, anthropic } }) => ({
    providers: { openai: { ...openai, ...change(openai) }, anthropic },
  }));
}

/** How many submissions a provider received. */
export function submissions(calls: readonly SeenCall[]): number {
  return calls.filter((each) => each.batch_items !== undefined).length;
}
