import type { Completion, BuiltInProvider } from "../../src/domain/completions/completion.ts";
import type { CostKind } from "../../src/domain/completions/cost-lines.ts";
import { type PriceOptions, priceOf } from "../../src/domain/completions/prices.ts";

const AT = new Date("2026-11-24T00:00:00Z");

/** A response as the provider sends it, and what it costs. */
export interface PriceFault {
  fault: string;
  model: string;
  usage: Record<string, unknown>;
  /** OpenAI's field beside the usage. */
  service_tier?: string;
  options?: PriceOptions;
  /** Nano-dollars by line; null where there must be no price. */
  lines: Partial<Record<CostKind, number>> | null;
}

/** What a response costs by line; null where it has no price. Throws where lines and cost differ. */
export function costOf(provider: BuiltInProvider, { model, options }: PriceFault, { usage }: Completion) {
  const price = usage && priceOf(provider, model, usage, { at: AT, ...options });
  if (!price) return null;
  const sum = price.lines.reduce((total, { nanousd }) => total + nanousd, 0);
  if (sum !== price.cost_nanousd) throw new Error(`The lines are ${sum}, the cost is ${price.cost_nanousd}.`);
  return Object.fromEntries(price.lines.map(({ kind, nanousd }) => [kind, nanousd]));
}
