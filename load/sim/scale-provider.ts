import { priceOf } from "../../src/domain/completions/prices.ts";
import type { Completion, CompletionRequest, StreamPart, Usage } from "../../src/domain/completions/completion.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { Provider, ProviderCall, ProviderStream } from "../../src/providers/provider.ts";
import { createStrictProvider, type StrictProvider } from "../proofs/gate-sim/strict-provider.ts";
import { Life } from "../proofs/world/life.ts";
import type { Ground } from "./object-site.ts";
import type { Tenant } from "./population.ts";

/** A request's life: over with its isolate's. It notes how long providers took for it. */
export class RequestLife extends Life {
  readonly #isolate: Life;
  readonly tenant: Tenant;
  readonly prompt: string;
  provider_ms = 0;
  calls = 0;

  constructor(isolate: Life, tenant: Tenant, prompt: string) {
    super("request");
    this.#isolate = isolate;
    this.tenant = tenant;
    this.prompt = prompt;
  }

  override get isOver(): boolean {
    return this.#isolate.isOver;
  }
}

/** How many requests the running one stands for. */
export function weightOf(life: Life | undefined): number {
  return life instanceof RequestLife ? life.tenant.weight : 1;
}

/** What providers billed under a budget. */
export interface Spent {
  tenant: string;
  prompt: string;
  nanousd: number;
}

/** What an answer uses beside its prompt, in tokens. */
const ANSWER_TOKENS = { least: 60, most: 140 };
const ANSWER = "Every answer names the document that it rests on, and says what is not known of it. ";

/**
 * A provider with exact limits for each key, that counts what breaks one and what each call billed,
 * whoever listens.
 */
export class ScaleProvider {
  readonly #ground: Ground;
  readonly #strict: StrictProvider;
  readonly #spent = new Map<string, Spent>();
  readonly #keys: readonly string[];
  calls = 0;

  constructor(ground: Ground, tenants: readonly Tenant[]) {
    this.#ground = ground;
    const limits = tenants.flatMap(({ keys }) => keys.map(({ secret: _secret, ...each }) => each));
    this.#keys = limits.map(({ name }) => name);
    this.#strict = createStrictProvider(limits, Infinity);
  }

  /** Calls that were over a limit of their key. */
  get overLimit(): number {
    return this.#keys.reduce((sum, key) => {
      const { over } = this.#strict.seen(key);
      return sum + over.requests + over.tokens + over.concurrency;
    }, 0);
  }

  /** What was billed, by tenant and prompt. */
  spent(): Spent[] {
    return [...this.#spent.values()];
  }

  as(): Provider {
    return {
      complete: async (request, call) => this.#complete(request, call),
      stream: async (request, call) => this.#stream(request, call),
      check: async () => undefined,
    };
  }

  async #stream(request: CompletionRequest, call: ProviderCall): Promise<ProviderStream> {
    const { text, usage, model } = await this.#complete(request, call);
    async function* parts(): AsyncGenerator<StreamPart> {
      yield { type: "text", text };
      yield { type: "finish", finish_reason: "stop", usage, model };
    }
    return parts();
  }

  async #complete({ provider, model, messages }: CompletionRequest, { apiKey, signal }: ProviderCall) {
    const { clock, random, times } = this.#ground;
    const life = clock.life();
    if (!(life instanceof RequestLife)) throw new Error("a call without a request");
    const began = clock.elapsed();
    const prompt_tokens = Math.ceil(JSON.stringify(messages).length / 4);
    const completion_tokens = Math.floor(random.between(ANSWER_TOKENS.least, ANSWER_TOKENS.most));
    const usage: Usage = { prompt_tokens, completion_tokens, total_tokens: prompt_tokens + completion_tokens };
    const takes = times.provider_answer * Math.exp(times.provider_sigma * normal(random));
    this.calls += 1;
    this.#strict.begin(apiKey, usage.total_tokens, began);
    this.#bill(life, priceOf(provider, model, usage)?.cost_nanousd ?? 0);
    // The call ends at the provider whether its isolate lives or not.
    const { promise, resolve } = Promise.withResolvers<void>();
    clock.in(undefined, takes, () => {
      this.#strict.end(apiKey);
      clock.in(life, 0, resolve);
    });
    await promise;
    life.provider_ms += clock.elapsed() - began;
    life.calls += 1;
    if (signal.aborted) throw new AppError("timeout", "the call was aborted", { retryable: true });
    const text = ANSWER.repeat(5);
    return { text, finish_reason: "stop", usage, model } satisfies Completion;
  }

  #bill({ tenant, prompt }: RequestLife, nanousd: number): void {
    const name = `${tenant.id}/${prompt}`;
    const spent = this.#spent.get(name) ?? { tenant: tenant.id, prompt, nanousd: 0 };
    spent.nanousd += nanousd;
    this.#spent.set(name, spent);
  }
}

/** A number of the standard normal distribution, by Box and Muller. */
function normal(random: Ground["random"]): number {
  return Math.sqrt(-2 * Math.log(1 - random.unit())) * Math.cos(2 * Math.PI * random.unit());
}
