/** What a line of a cost is for. The last one is a tool, which is billed by use. */
export const COST_KINDS = [
  "input",
  "cached_input",
  "cache_write_5m",
  "cache_write_1h",
  "audio_input",
  "image_input",
  "output",
  "reasoning",
  "audio_output",
  "web_search",
] as const;
/** One of {@link COST_KINDS}. */
export type CostKind = (typeof COST_KINDS)[number];

const ORDER = Object.fromEntries(COST_KINDS.map((kind, at) => [kind, at])) as Record<CostKind, number>;

/** A part of a cost, in whole nano-dollars. A tool's line has `uses` in place of tokens. */
export interface CostLine {
  kind: CostKind;
  tokens: number;
  uses?: number;
  nanousd: number;
}

/** Picodollars (1e-12 USD) in a nano-dollar. */
const PICO_PER_NANO = 1_000;

/**
 * The cost of tokens at US dollars per million, in whole nano-dollars, halves rounded up. A dollar
 * per million tokens is a million picodollars a token, so that rates are whole numbers in the sum.
 */
export function toNanousd(tokens: number, usdPerMillion: number): number {
  return Math.round((tokens * Math.round(usdPerMillion * 1e6)) / PICO_PER_NANO);
}

/** The lines of several costs together, one for each kind, in the order of the kinds. */
export function addLines(lines: readonly CostLine[]): CostLine[] {
  const sums: CostLine[] = [];
  for (const line of lines) {
    const at = sums.findIndex(({ kind }) => kind === line.kind);
    const sum = sums[at];
    if (sum) sums[at] = addLine(sum, line);
    else sums.push(line);
  }
  return sums.length <= 1 ? sums : sums.toSorted((a, b) => ORDER[a.kind] - ORDER[b.kind]);
}

function addLine({ kind, ...a }: CostLine, b: CostLine): CostLine {
  const uses = (a.uses ?? 0) + (b.uses ?? 0);
  return { kind, tokens: a.tokens + b.tokens, ...(uses === 0 ? {} : { uses }), nanousd: a.nanousd + b.nanousd };
}
