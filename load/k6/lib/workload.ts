import { unitAt } from "../../harness/random.ts";

/** The kinds of prompts, by their length, template and variables. */
export const COMPLEXITIES = ["simple", "moderate", "complex"] as const;
/** One of {@link COMPLEXITIES}. */
export type Complexity = (typeof COMPLEXITIES)[number];

/** The source's numbers of concurrent users. */
export const USERS = [1, 10, 50, 100] as const;

/** One model of each provider, so that requests use both wire formats. */
export const MODELS = ["gpt-4o-mini", "claude-haiku-4-5"] as const;

/** The share of requests that repeat an earlier one word for word. */
export const REPEATED_SHARE = 0.3;

/** One request of the load. */
export interface Job {
  prompt: string;
  model: string;
  stream: boolean;
  variables: Record<string, unknown>;
  /** Whether an earlier request of the run was the same. */
  repeated: boolean;
}

/** A run. Its id is part of every input, so that no input was cached before the run. */
export interface Run {
  id: string;
  seed: number;
}

/**
 * The n-th request of a run, decided by the run alone. Both providers are equally frequent, and so
 * are streamed and other requests.
 */
export function jobAt(run: Run, complexity: Complexity, n: number): Job {
  let source = n;
  while (source > 0 && draw(run.seed, source) < REPEATED_SHARE)
    source = Math.floor(draw(run.seed + 1, source) * source);
  const label = `${run.id}-${complexity}-${source}`;
  return {
    prompt: `load-${complexity}`,
    model: MODELS[source % 2] ?? MODELS[0],
    stream: (source >> 1) % 2 === 1,
    variables: VARIABLES[complexity](label),
    repeated: source !== n,
  };
}

function draw(seed: number, n: number): number {
  return unitAt(seed + 1, n + 1);
}

const VARIABLES: Record<Complexity, (label: string) => Record<string, unknown>> = {
  simple: (label) => ({ topic: `the role of part ${label} in a distributed cache` }),
  moderate: (label) => ({
    product: `Ledger ${label}`,
    audience: "accountants who work offline",
    urgent: label.length % 2 === 0,
    changes: times(8, (at) => `  Change ${at} of ${label}: exports no longer lose the last line of a long report. `),
  }),
  complex: (label) => ({
    company: `Acme ${label}`,
    rules: times(12, (at) => ` Rule ${at}: answers name the document that they rest on, and say what is not known `),
    conversations: times(5, (at) => ({
      subject: `invoice ${label} number ${at}`,
      priority: ["high", "low", "usual"][at % 3],
      turns: times(6, (turn) => ({
        speaker: turn % 2 === 0 ? "customer" : "agent",
        text: `Turn ${turn}: the amount on the invoice differs from what was agreed on the phone, and the reminder came before the letter.`,
      })),
    })),
  }),
};

function times<T>(count: number, make: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => make(at + 1));
}
