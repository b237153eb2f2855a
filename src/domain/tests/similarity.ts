/** The characters of each text that are compared: the work grows with their product. */
export const COMPARED_CHARACTERS = 1_000;

/** 1 less the Levenshtein distance over the longer length: 1 for equal texts, 0 for no likeness. */
export function editSimilarity(left: string, right: string): number {
  const [a, b] = [charactersOf(left), charactersOf(right)];
  const longer = Math.max(a.length, b.length);
  if (longer === 0) return 1;
  let row = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (const [i, character] of a.entries()) {
    const next = [i + 1];
    for (const [j, other] of b.entries()) {
      const replaced = (row[j] ?? 0) + (character === other ? 0 : 1);
      next.push(Math.min(replaced, (row[j + 1] ?? 0) + 1, (next[j] ?? 0) + 1));
    }
    row = next;
  }
  return 1 - (row[b.length] ?? longer) / longer;
}

/** The F1 score of the words that two texts share, as SQuAD counts them; 1 for the same words. */
export function tokenOverlap(left: string, right: string): number {
  const [a, b] = [wordsOf(left), wordsOf(right)];
  if (a.length + b.length === 0) return 1;
  const counts = new Map<string, number>();
  for (const word of a) counts.set(word, (counts.get(word) ?? 0) + 1);
  let shared = 0;
  for (const word of b) {
    const count = counts.get(word) ?? 0;
    if (count > 0) shared += 1;
    counts.set(word, count - 1);
  }
  return (2 * shared) / (a.length + b.length);
}

/**
 * The cosine of the angle between two vectors, at least 0: 1 for the same direction. 0 where one
 * has no direction.
 */
export function cosineSimilarity(left: readonly number[], right: readonly number[]): number {
  const dot = (a: readonly number[], b: readonly number[]) => a.reduce((sum, x, at) => sum + x * (b[at] ?? 0), 0);
  const lengths = Math.sqrt(dot(left, left)) * Math.sqrt(dot(right, right));
  return lengths > 0 ? Math.min(1, Math.max(0, dot(left, right) / lengths)) : 0;
}

function charactersOf(text: string): string[] {
  return Array.from(text.trim().slice(0, COMPARED_CHARACTERS));
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
}
