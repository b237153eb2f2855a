/** What a label means: one version, or several by weight. */
export interface Meaning {
  version?: number;
  split?: { version: number; weight: number }[];
}

/** A version of a label with its share of the executions. */
export interface Share {
  version: number;
  share: number;
}

/** The versions of a label, each once, by their shares; the greatest first. */
export function sharesOf({ version, split = [] }: Meaning): Share[] {
  if (version !== undefined) return [{ version, share: 1 }];
  const weights = new Map<number, number>();
  for (const arm of split) weights.set(arm.version, (weights.get(arm.version) ?? 0) + arm.weight);
  const whole = [...weights.values()].reduce((sum, weight) => sum + weight, 0);
  return [...weights]
    .map(([each, weight]) => ({ version: each, share: weight / whole }))
    .sort((a, b) => b.share - a.share);
}

/** A meaning in words: `#3`, `#3 90 % and #4 10 %`; `nothing` where it has none. */
export function meaningText(meaning: Meaning | null | undefined): string {
  if (!meaning) return "nothing";
  const shares = sharesOf(meaning);
  if (shares.length === 1) return `#${shares[0]?.version}`;
  return shares.map(({ version, share }) => `#${version} ${Number((100 * share).toFixed(1))} %`).join(" and ");
}

/** A row of the editor of splits, as it is typed. */
export interface SplitRow {
  version: string;
  weight: string;
}

/** The rows that stand for a meaning, with weights that add up to 100 where they can. */
export function rowsOf(meaning: Meaning): SplitRow[] {
  return sharesOf(meaning).map(({ version, share }) => ({
    version: String(version),
    weight: String(Number((100 * share).toFixed(3))),
  }));
}

/** The split that rows say, or what is wrong with them. */
export function splitOf(
  rows: readonly SplitRow[],
): { split: { version: number; weight: number }[] } | { fault: string } {
  const split = rows.map(({ version, weight }) => ({ version: Number(version), weight: Number(weight) }));
  const versions = new Set(split.map(({ version }) => version));
  if (split.length === 0) return { fault: "Give at least one version." };
  if (split.some(({ version }) => !Number.isSafeInteger(version) || version < 1)) {
    return { fault: "A version is a whole number from 1." };
  }
  if (split.some(({ weight }) => !(weight > 0))) return { fault: "A weight is a number greater than 0." };
  if (versions.size < split.length) return { fault: "Name each version once." };
  return { split };
}
