import { hashText, unitAt } from "../harness/random.ts";

/** The lengths of the vectors of models; of others, that of the small one. */
const DIMENSIONS: Record<string, number> = { "text-embedding-3-large": 3_072 };
const DEFAULT_DIMENSIONS = 1_536;

/** The greatest number of dimensions of a model. */
export function dimensionsOf(model: string): number {
  return DIMENSIONS[model] ?? DEFAULT_DIMENSIONS;
}

/**
 * The vector of an input, of length 1, in single precision. Model and input decide it. One of fewer
 * dimensions is the beginning of the whole one, made as long again.
 */
export function embeddingVector(model: string, input: string, dimensions: number): Float32Array {
  const seed = hashText(input, hashText(model));
  const parts = Array.from({ length: dimensions }, (_none, index) => unitAt(seed, index + 1) * 2 - 1);
  const length = Math.hypot(...parts);
  return Float32Array.from(parts, (part) => part / length);
}

/** A vector as OpenAI writes it in base64: little-endian numbers of 32 bits. */
export function base64Of(vector: Float32Array): string {
  const bytes = Buffer.alloc(vector.length * 4);
  for (const [index, part] of vector.entries()) bytes.writeFloatLE(part, index * 4);
  return bytes.toString("base64");
}
