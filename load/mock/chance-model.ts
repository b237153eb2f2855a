import { hashText, unitAt } from "../harness/random.ts";
import type { Profile } from "./profile.ts";

const NAME = /^mock-right-(0(?:\.\d+)?|1(?:\.0+)?)$/;

/** What a model of chance says when it is wrong. */
export const WRONG_ANSWER = "wrong";

/**
 * What a model named `mock-right-P`, with P from 0 to 1, answers in place of the profile's answer
 * where it is wrong: with the probability 1 - P. The seed, the name and the number of the call
 * decide it, so that calls are independent of each other, and so are models. Undefined where it is
 * right, and for other models: then it answers as others do.
 */
export function wrongAnswer(model: string, seed: number, seq: number): Profile | undefined {
  const [, chance] = NAME.exec(model) ?? [];
  if (chance === undefined || unitAt(hashText(model, seed), seq) < Number(chance)) return undefined;
  return { answer: WRONG_ANSWER, tool_calls: [], calls_tools: false };
}
