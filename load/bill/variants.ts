import type { Random } from "../proofs/gate-sim/random.ts";

/** A request of the load, and the executions that it asks for. */
export interface Asked {
  path: string;
  headers?: Record<string, string>;
  body: object;
  executions: number;
}

/** A kind of executions. `asked` is the number of requests so far. */
export interface Variant {
  summary: string;
  /** Limits of the tenant's provider key. */
  limits?: object;
  /** Executions of a request; 1 by default. */
  size?: number;
  ask: (asked: number, random: Random) => Asked;
}

const EXECUTIONS = "/v1/executions";
/** The share of cacheable requests that repeat an earlier one, as in `npm run load`. */
const REPEATED = 0.3;
const ITEMS = 100;

const execution = (asked: number, more: object = {}): Asked => ({
  path: EXECUTIONS,
  body: { prompt: "bill", variables: { text: `question ${asked}` }, ...more },
  executions: 1,
});

/** The kinds of executions by name. */
export const VARIANTS = {
  plain: { summary: "whole answers that may not be reused", ask: (asked) => execution(asked) },
  cacheable: {
    summary: `answers may be reused, ${100 * REPEATED} % of the requests repeat one of the same user`,
    ask: (asked, random) => {
      const repeats = asked > 0 && random.chance(REPEATED);
      return execution(repeats ? Math.floor(random.between(0, asked)) : asked, { cache: true });
    },
  },
  stream: { summary: "server-sent events", ask: (asked) => execution(asked, { stream: true }) },
  keyed: {
    summary: "with an Idempotency-Key",
    ask: (asked) => ({ ...execution(asked), headers: { "idempotency-key": `key-${asked}` } }),
  },
  limited: {
    summary: "whole answers, the provider key has limits",
    limits: { rpm: 6_000, tpm: 6_000_000, max_concurrency: 500 },
    ask: (asked) => execution(asked),
  },
  async: { summary: "accepted now, executed by a queue", ask: (asked) => execution(asked, { async: true }) },
  batch: {
    summary: `items of batches of ${ITEMS}`,
    size: ITEMS,
    ask: (asked) => ({
      path: "/v1/batches",
      body: {
        prompt: "bill",
        items: Array.from({ length: ITEMS }, (_, at) => ({ variables: { text: `question ${asked}.${at}` } })),
      },
      executions: ITEMS,
    }),
  },
} satisfies Record<string, Variant> as Record<string, Variant>;
