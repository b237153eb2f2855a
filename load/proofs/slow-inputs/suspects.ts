import { createRandom } from "../gate-sim/random.ts";
import { BODY_PARSERS } from "./body-parsers.ts";
import type { Suspect } from "./growth.ts";
import { PROMPT_PARSERS } from "./prompt-parsers.ts";
import { PROVIDER_PARSERS } from "./provider-streams.ts";
import { textSuspects } from "./pumped-texts.ts";
import { renderingSuspects } from "./renderings.ts";
import { TEMPLATE_PARSERS } from "./template-parsers.ts";
import { valueSuspects } from "./value-checkers.ts";

const PARSERS = [...PROMPT_PARSERS, ...TEMPLATE_PARSERS, ...BODY_PARSERS, ...PROVIDER_PARSERS];

/** How much of the search to do. */
export interface Search {
  seed: number;
  /** Random texts for each parser. */
  texts: number;
  /** The share of all renderings, from 0 to 1. */
  renderings: number;
}

/** Inputs that may be slow, for every parser and checker that a request reaches. */
export function findSuspects({ seed, texts, renderings }: Search): Suspect[] {
  const random = createRandom(seed);
  return [
    ...PARSERS.flatMap((parser) => textSuspects(parser, random, texts)),
    ...valueSuspects(),
    ...renderingSuspects(random, renderings),
  ];
}
