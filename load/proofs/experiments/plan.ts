import type { Experiment } from "./experiment-client.ts";

/** The models by which the mock's log tells who was called for what. */
export const MODELS = { subject: "gpt-4o-mini", judge: "gpt-4.1-mini", optimizer: "gpt-4.1" };

/** What the mock says as each of the models that are asked about answers. */
export const ANSWERS = {
  [MODELS.judge]: JSON.stringify({ winner: "first", score: 1, passed: true, reason: "it says so" }),
  [MODELS.optimizer]: JSON.stringify({ reason: "shorter", texts: ["Answer {{ n }} in one word."] }),
};

const TEMPLATE = "Please make sure to answer {{ n }}. In order to be clear, please answer {{ n }} only.";
/** The output is bounded, so that a limit of money is about what the executions cost. */
const SETTINGS = { max_tokens: 40 };

/** The versions of the prompt, the oldest first. */
export const VERSIONS = [TEMPLATE, `${TEMPLATE} Be brief.`].map((template) => ({
  template,
  model: MODELS.subject,
  settings: SETTINGS,
  variables: ["n"],
}));

const testsOf = (round: number, count: number, more: object[] = []) =>
  Array.from({ length: count }, (_, n) => ({
    name: `t${n}`,
    variables: { n: `round ${round}, number ${n}` },
    assertions: [{ type: "regex", value: "." }, ...more],
  }));

const RUBRIC = { type: "llm_rubric", value: "It answers." };
const SUBJECTS = [{ version: 1 }, { version: 2 }];

/** The experiments of one round: every kind, with and without judges, rubrics and a limit. */
export function experimentsOf(round: number): Experiment[] {
  const key = (name: string) => `${name}-${round}`;
  const compare = (name: string, body: object): Experiment => ({
    kind: "comparison",
    path: "/v1/compare",
    body: { prompt: "p", subjects: SUBJECTS, ...body },
    key: key(name),
  });
  const inputs = (count: number) => Array.from({ length: count }, (_, n) => ({ n: `round ${round}, input ${n}` }));
  return [
    compare("judged", { inputs: inputs(12), judge: true }),
    compare("small", { tests: testsOf(round, 8, [RUBRIC]) }),
    { ...compare("limited", { inputs: inputs(20), repeat: 2, max_cost_usd: 0.02 }), max_cost_usd: 0.02 },
    {
      kind: "optimization",
      path: "/v1/prompts/p/optimize",
      body: {
        goal: "tokens",
        version: 1,
        min_saving: 0.01,
        max_cost_usd: 5,
        reflections: 2,
        tests: testsOf(round, 6),
        repeat: 12,
      },
      key: key("optimized"),
      max_cost_usd: 5,
    },
    {
      kind: "test_run",
      path: "/v1/prompts/p/tests/run",
      body: { version: 2, tests: testsOf(round, 15, [RUBRIC]), repeat: 4 },
      key: key("tested"),
    },
  ];
}
