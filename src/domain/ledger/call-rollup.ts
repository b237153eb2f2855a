import { addCall, type BilledCalls } from "../completions/billed-calls.ts";
import type { ProviderName } from "../completions/completion.ts";
import { COST_KINDS, type CostLine } from "../completions/cost-lines.ts";

/** The calls of one model in one hour, as a stored part has them. */
interface PackedCalls {
  /** Executions whose calls are in the sums. Those of older versions are not. */
  counted: number;
  /**
   * Provider, model, hour, calls, uncounted, unpriced, and for each of `COST_KINDS` its tokens or
   * uses and its nano-dollars. A new kind goes to the end.
   */
  calls: (string | number)[][];
}

/** The most models and hours that a period tells apart. The calls of others are `OTHER_MODELS`. */
export const MAX_CALL_LINES = 1_000;
/** Stands for all models beyond the most that a period tells apart. */
export const OTHER_MODELS = "(others)";
/** The longest name of a model. */
const MAX_NAME = 200;

/** The calls to providers by the executions of one period, or of several. */
export class CallRollup {
  /** The executions whose calls are known. */
  counted = 0;
  readonly #lines = new Map<string, BilledCalls>();
  readonly #maxLines: number;

  /** `maxLines` is the most models and hours that it tells apart. */
  constructor(maxLines: number = MAX_CALL_LINES) {
    this.#maxLines = maxLines;
  }

  /** Adds an execution's calls, or takes them out again. They are absent in older records. */
  apply(calls: readonly BilledCalls[] | undefined, sign: 1 | -1): void {
    if (calls === undefined) return;
    this.counted += sign;
    for (const call of calls) this.#add(sign === 1 ? call : negative(call));
  }

  /** By model and hour. */
  lines(): BilledCalls[] {
    return [...this.#lines.values()];
  }

  /** The stored form, to be read by {@link addPacked}. */
  pack(): PackedCalls {
    const calls = this.lines().map(({ provider, model, hour, calls: count, uncounted, unpriced, lines }) => {
      const amounts = COST_KINDS.flatMap((kind) => {
        const line = lines.find((each) => each.kind === kind);
        return [line === undefined ? 0 : amountOf(line), line?.nanousd ?? 0];
      });
      return [provider, model, hour, count, uncounted, unpriced, ...amounts];
    });
    return { counted: this.counted, calls };
  }

  /** Adds what a stored part counts. */
  addPacked({ counted, calls }: PackedCalls): void {
    this.counted += counted;
    for (const [provider, model, ...numbers] of calls) {
      const [hour = 0, count = 0, uncounted = 0, unpriced = 0, ...amounts] = numbers.map(Number);
      const lines = COST_KINDS.flatMap((kind, at): CostLine[] => {
        const [amount = 0, nanousd = 0] = amounts.slice(2 * at, 2 * at + 2);
        if (amount === 0 && nanousd === 0) return [];
        return [kind === "web_search" ? { kind, tokens: 0, uses: amount, nanousd } : { kind, tokens: amount, nanousd }];
      });
      const of = { provider: provider as ProviderName, model: String(model), hour };
      this.#add({ ...of, calls: count, uncounted, unpriced, lines });
    }
  }

  #add(call: BilledCalls): void {
    let line = call.model.length > MAX_NAME ? { ...call, model: call.model.slice(0, MAX_NAME) } : call;
    let key = keyOf(line);
    if (this.#lines.size >= this.#maxLines && !this.#lines.has(key)) {
      line = { ...line, model: OTHER_MODELS };
      key = keyOf(line);
    }
    const known = this.#lines.get(key);
    const sum = known ? addCall(known, line) : line;
    if (isNothing(sum)) this.#lines.delete(key);
    else this.#lines.set(key, sum);
  }
}

/** What a line counts: tokens, or the uses of a tool. */
export function amountOf({ tokens, uses = 0 }: CostLine): number {
  return tokens + uses;
}

function negative({ calls, uncounted, unpriced, lines, ...of }: BilledCalls): BilledCalls {
  const less = lines.map(({ kind, tokens, uses, nanousd }) => ({
    kind,
    tokens: -tokens,
    ...(uses === undefined ? {} : { uses: -uses }),
    nanousd: -nanousd,
  }));
  return { ...of, calls: -calls, uncounted: -uncounted, unpriced: -unpriced, lines: less };
}

function isNothing({ calls, uncounted, lines }: BilledCalls): boolean {
  return calls === 0 && uncounted === 0 && lines.every((line) => amountOf(line) === 0 && line.nanousd === 0);
}

function keyOf({ provider, model, hour }: BilledCalls): string {
  return `${provider}/${model}/${hour}`;
}
