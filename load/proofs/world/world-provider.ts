import type { CompletionRequest, StreamPart, Usage } from "../../../src/domain/completions/completion.ts";
import { textOfMessage } from "../../../src/domain/completions/message.ts";
import { estimateTokens } from "../../../src/domain/completions/token-estimate.ts";
import { AppError } from "../../../src/domain/errors.ts";
import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";
import type { Provider, ProviderCall } from "../../../src/providers/provider.ts";
import { createStrictProvider } from "../gate-sim/strict-provider.ts";
import type { Judge } from "./judge.ts";
import type { Life } from "./life.ts";
import { type Ground, never } from "./network.ts";
import type { Fate, PaidCall } from "./paid-call.ts";

/** What one call will do. */
interface Plan {
  kind: "fine" | "error" | "overloaded" | "limited" | "break" | "hang" | "off-schema";
  header_ms: number;
  piece_ms: number;
  pieces: number;
  tokens_a_piece: number;
}

/** What the provider sends to the caller of a call. */
type Delivery = { part: StreamPart } | { error: Error };

/** One word is one token: four bytes with its space. */
const WORD = "abc ";
/** The pieces of a slow call, and the time of each in ms. */
const SLOW = { pieces: 3, piece_ms: 3_000 };
/**
 * How long the provider takes to see that a caller is gone, in ms: no longer than the quickest call
 * takes to come, which may get the slot that is free then.
 */
const NOTICE_MS = 5;
/** No model worked on what a provider turns away. */
const REFUSED = { retryable: true, unbilled: true };

/**
 * Both providers, with exact limits by key. They log every call with what it billed, whoever
 * listens: made tokens are paid.
 */
export class WorldProvider {
  readonly calls: PaidCall[] = [];
  readonly #ground: Ground;
  readonly #judge: Judge;
  readonly #strict: ReturnType<typeof createStrictProvider>;
  /** Calls in flight by key, and the most of them since {@link forgetPeaks}. */
  readonly #running = new Map<string, number>();
  readonly #peaks = new Map<string, number>();
  /** When each request was last lent money, Unix ms. */
  readonly #lentAt = new Map<string, number>();
  /** Keys that the provider limited or called busy: the gate gives them fewer slots for a while. */
  readonly complained = new Set<string>();
  /** Whether each call takes long enough that many overlap. */
  isSlow = false;

  constructor(ground: Ground, keys: readonly KeyLimits[], judge: Judge) {
    this.#ground = ground;
    this.#judge = judge;
    this.#strict = createStrictProvider(keys, Infinity);
  }

  /** The most calls at a time with a key since {@link forgetPeaks}. */
  peakOf(key: string): number {
    return this.#peaks.get(key) ?? 0;
  }

  /** A request got money for its next call. */
  noteLent(request: string): void {
    this.#lentAt.set(request, this.#ground.clock.now());
  }

  /** Logs a line of a batch that was executed. */
  addPaid(call: Omit<PaidCall, "number">): void {
    this.calls.push({ ...call, number: this.calls.length + 1 });
  }

  forgetPeaks(): void {
    this.#peaks.clear();
  }

  as(): Provider {
    return {
      complete: async (request, call) => {
        const { source } = await this.#send(request, call, true);
        let text = "";
        for await (const part of source) {
          if (part.type === "text") text += part.text;
          else if (part.type === "finish") {
            return { text, finish_reason: part.finish_reason, usage: part.usage, model: part.model };
          }
        }
        throw new AppError("provider_error", "an answer without an end", { retryable: true });
      },
      stream: async (request, call) => (await this.#send(request, call, false)).source,
      check: async () => undefined,
    };
  }

  /** Sends a call on its way; resolves once its response begins. */
  async #send(request: CompletionRequest, { apiKey, signal }: ProviderCall, isWhole: boolean) {
    const { clock, random } = this.#ground;
    const life = clock.life();
    if (!life || life.isOver) return never<{ source: AsyncIterable<StreamPart> }>();
    const [key = "", admission = ""] = apiKey.split("#");
    const call: PaidCall = {
      number: this.calls.length + 1,
      request: life.name,
      admission,
      key,
      provider: request.provider,
      model: request.model,
      question: textOfMessage(request.messages.at(-1) ?? { content: "" }),
      began: clock.elapsed(),
      prompt_tokens: estimateTokens(request.messages),
      made: 0,
      seen: 0,
      fate: "running",
      isDelivered: false,
      lent_at: this.#lentAt.get(life.name) ?? clock.now(),
    };
    this.calls.push(call);
    const plan = this.#plan(request);
    const inbox = new Inbox<Delivery>();
    clock.in(undefined, random.between(5, 200), () => this.#arrive(call, plan, { life, signal, inbox, isWhole }));
    const abort = () => clock.in(life, 0, () => inbox.put({ error: signal.reason as Error }));
    signal.addEventListener("abort", abort);
    if (signal.aborted) abort();
    const first = await inbox.take();
    if ("error" in first) throw first.error;
    return { source: partsOf(first, inbox) };
  }

  #plan(request: CompletionRequest): Plan {
    const { random, faults } = this.#ground;
    const dice = faults.has("provider") ? random.unit() : 1;
    const schema = request.output_schema !== undefined && dice < 0.55;
    const kinds = [
      ["error", 0.03],
      ["overloaded", 0.05],
      ["limited", 0.08],
      ["break", 0.14],
      ["hang", 0.16],
    ] as const;
    const kind = kinds.find(([, below]) => dice < below)?.[0] ?? (schema ? "off-schema" : "fine");
    return {
      kind,
      header_ms: random.between(100, 1_200),
      piece_ms: this.isSlow ? SLOW.piece_ms : random.between(20, 400),
      pieces: this.isSlow ? SLOW.pieces : 2 + Math.floor(random.between(0, 10)),
      tokens_a_piece: 5 + Math.floor(random.between(0, 40)),
    };
  }

  #arrive(call: PaidCall, plan: Plan, caller: Caller): void {
    const { clock } = this.#ground;
    const { history } = this.#ground;
    const isOver = this.#count(call);
    const reply = (delivery: Delivery) => clock.in(caller.life, 10, () => caller.inbox.put(delivery));
    const refuse = (error: AppError) => {
      if (error.code !== "provider_error") this.complained.add(call.key);
      this.#end(call, "refused");
      reply({ error });
    };
    history.add(`call${call.number} ${call.request} ${call.key} ${call.model} ${isOver ? "over" : plan.kind}`);
    if (isOver || plan.kind === "limited") {
      return refuse(new AppError("rate_limit_error", "limited", { ...REFUSED, retryAfterMs: 1_500 }));
    }
    if (plan.kind === "error") return refuse(new AppError("provider_error", "a 500", { retryable: true }));
    if (plan.kind === "overloaded") {
      return refuse(new AppError("provider_overloaded", "busy", { ...REFUSED, retryAfterMs: 700 }));
    }
    const gone = () => clock.in(undefined, NOTICE_MS, () => this.#end(call, "broken"));
    caller.life.onEnd(gone);
    caller.signal.addEventListener("abort", gone);
    if (caller.signal.aborted || caller.life.isOver) gone();
    clock.in(undefined, plan.header_ms, () => this.#makePiece(call, plan, caller, 0));
  }

  /** Counts the call against its key's limits. Says whether it was over one. */
  #count(call: PaidCall): boolean {
    const { clock } = this.#ground;
    const { over } = this.#strict.seen(call.key);
    const before = over.requests + over.concurrency;
    this.#strict.begin(call.key, 0, clock.elapsed());
    const running = (this.#running.get(call.key) ?? 0) + 1;
    this.#running.set(call.key, running);
    this.#peaks.set(call.key, Math.max(this.peakOf(call.key), running));
    const isOver = over.requests + over.concurrency > before;
    if (isOver) this.#judge.accuse("limits", `call${call.number} of ${call.request} is over a limit of ${call.key}`);
    return isOver;
  }

  #makePiece(call: PaidCall, plan: Plan, caller: Caller, index: number): void {
    if (call.fate !== "running") return;
    const { clock } = this.#ground;
    const send = (delivery: Delivery, run = () => undefined as void) =>
      clock.in(caller.life, 10, () => {
        if (!caller.signal.aborted) run();
        caller.inbox.put(delivery);
      });
    if (index >= 1 && plan.kind === "hang") return;
    if (index >= plan.pieces / 2 && plan.kind === "break") {
      this.#end(call, "broken");
      return void send({ error: new AppError("provider_error", "the stream broke off", { retryable: true }) });
    }
    if (index === plan.pieces) {
      this.#end(call, "answered");
      const total_tokens = call.prompt_tokens + call.made;
      const usage: Usage = { prompt_tokens: call.prompt_tokens, completion_tokens: call.made, total_tokens };
      return void send({ part: { type: "finish", finish_reason: "stop", usage, model: call.model } }, () => {
        call.isDelivered = true;
        call.seen = call.made;
      });
    }
    call.made += plan.tokens_a_piece;
    const isJson = call.question.startsWith("json");
    const words = WORD.repeat(plan.tokens_a_piece);
    const close = index === plan.pieces - 1 ? (plan.kind === "off-schema" ? "" : '"}') : "";
    const text = isJson ? `${index === 0 ? '{"a":"' : ""}${words}${close}` : words;
    send({ part: { type: "text", text } }, () => {
      if (!caller.isWhole) call.seen += plan.tokens_a_piece;
    });
    clock.in(undefined, plan.piece_ms, () => this.#makePiece(call, plan, caller, index + 1));
  }

  #end(call: PaidCall, fate: Fate): void {
    if (call.fate !== "running") return;
    call.fate = fate;
    this.#strict.end(call.key);
    this.#running.set(call.key, (this.#running.get(call.key) ?? 0) - 1);
    if (fate !== "answered") this.#ground.history.add(`call${call.number} ${call.request} ${fate} at ${call.made}`);
  }
}

/** Who made a call, and where its deliveries go. */
interface Caller {
  life: Life;
  signal: AbortSignal;
  inbox: Inbox<Delivery>;
  /** A whole answer shows nothing before its end. */
  isWhole: boolean;
}

/** Deliveries in their order, for one reader. */
class Inbox<T> {
  readonly #items: T[] = [];
  #wake: (() => void) | undefined;

  put(item: T): void {
    this.#items.push(item);
    this.#wake?.();
  }

  async take(): Promise<T> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) return item;
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

async function* partsOf(first: Delivery, inbox: Inbox<Delivery>): AsyncGenerator<StreamPart> {
  for (let next = first; ; next = await inbox.take()) {
    if ("error" in next) throw next.error;
    yield next.part;
    if (next.part.type === "finish") return;
  }
}
