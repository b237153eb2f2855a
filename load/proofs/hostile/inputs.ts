/** A request that is meant to stop everybody, or to end in a fault of ours. */
export interface HostileInput {
  name: string;
  method: "POST" | "PUT";
  path: string;
  type?: string;
  /** Undefined for a request without a body. */
  body?: string;
  headers?: Record<string, string>;
}

/**
 * A prompt whose answers are checked: what hostile people put into schemas, and an answer for it.
 */
export interface HostileSchema {
  name: string;
  schema: object;
  /** What the model answers. */
  answer: string;
}

const repeat = (count: number, part: (at: number) => string): string =>
  Array.from({ length: count }, (_, at) => part(at)).join("");
const yaml = (name: string, body: string): HostileInput => ({
  name,
  method: "PUT",
  path: "/v1/prompts/hostile",
  type: "application/yaml",
  body: `model: gpt-4o-mini\ntemplate: hi\n${body}`,
});
const json = (name: string, path: string, body: unknown): HostileInput => ({
  name,
  method: "POST",
  path,
  body: typeof body === "string" ? body : JSON.stringify(body),
});
/** Without a body, but with its length, as some clients send it. */
const empty = (path: string): HostileInput => ({
  name: `POST ${path} with content-length: 0`,
  method: "POST",
  path,
  headers: { "content-length": "0" },
});

const DEEP = 100_000;
const OPERATIONS = [
  "/v1/executions",
  "/v1/prompts/hostile/render",
  "/v1/prompts/hostile/execute",
  "/v1/batches",
  "/v1/keys",
  "/v1/webhooks",
  "/v1/usage/reconcile",
  "/v1/prompts/hostile/tests/run",
  "/v1/prompts/hostile/labels/production/rollback",
  "/v1/promotions/hostile/approve",
  "/v1/import/tests",
  "/v1/compare",
  "/v1/prompts/hostile/optimize",
  "/v1/chains/hostile/execute",
];

/** Inputs that once blocked an isolate for seconds, or were answered with a 500. */
export const INPUTS: readonly HostileInput[] = [
  yaml("10,000 YAML aliases", `metadata:\n  a: &a x\n  b: [${repeat(10_000, () => "*a,")}]`),
  yaml("a YAML mapping of 30,000 keys", `metadata:\n${repeat(30_000, (at) => `  k${at}: 1\n`)}`),
  yaml("100,000 nested YAML lists", `metadata: {a: ${"[".repeat(DEEP)}${"]".repeat(DEEP)}}`),
  yaml("a template of 200,000 characters of tags", `messages: [{role: user, content: "${"{{ x }}".repeat(28_000)}"}]`),
  {
    ...json(
      "JSON 100,000 deep, with a key",
      "/v1/executions",
      `{"prompt":"plain","variables":{"text":${"[".repeat(DEEP)}${"]".repeat(DEEP)}}}`,
    ),
    headers: { "idempotency-key": "deep" },
  },
  json("120 kB of wrong scopes", "/v1/keys", {
    name: "k",
    scopes: Array.from({ length: 12_000 }, (_, at) => `wrong:${at}`),
  }),
  json("3,000 assertions of all of 200 tests, each in two values, to be imported", "/v1/import/tests", {
    providers: [],
    defaultTest: {
      vars: { a: "x".repeat(100_000), b: [1, 2] },
      assert: Array.from({ length: 3_000 }, () => ({ type: "contains", value: "{{a}}{{b}}" })),
    },
    tests: Array.from({ length: 200 }, () => ({})),
  }),
  {
    ...json("20,000 faulty tests in YAML", "/v1/prompts/hostile/tests/run", `tests: [${repeat(20_000, () => "{},")}]`),
    type: "application/yaml",
  },
  ...["constructor", "__proto__", "toString", "hasOwnProperty"].map((name) =>
    json(`a prompt and a model named ${name}`, "/v1/executions", {
      prompt: name,
      model: name,
      variables: { [name]: 1 },
    }),
  ),
  ...OPERATIONS.map(empty),
];

const property = (schema: object) => ({ type: "object", properties: { a: schema }, required: ["a"] });
const attack = JSON.stringify({ a: `${"a".repeat(30_000)}!` });

/** Schemas whose check of one answer once took seconds to minutes. */
export const SCHEMAS: readonly HostileSchema[] = [
  { name: "pattern ^((a+))+$", schema: property({ type: "string", pattern: "^((a+))+$" }), answer: attack },
  { name: "pattern a*a*a*a*b", schema: property({ type: "string", pattern: "a*a*a*a*b" }), answer: attack },
  { name: "pattern .*.*=.*", schema: property({ type: "string", pattern: ".*.*=.*" }), answer: attack },
  {
    name: "uniqueItems of 20,000 objects",
    schema: property({ type: "array", uniqueItems: true }),
    answer: JSON.stringify({ a: Array.from({ length: 20_000 }, (_, at) => ({ at })) }),
  },
  {
    name: "22 $defs, each twice the one before",
    schema: {
      ...property({ $ref: "#/$defs/d0" }),
      $defs: Object.fromEntries(
        Array.from({ length: 22 }, (_, at) => [
          `d${at}`,
          at === 21 ? { type: "string" } : { allOf: [{ $ref: `#/$defs/d${at + 1}` }, { $ref: `#/$defs/d${at + 1}` }] },
        ]),
      ),
    },
    answer: '{"a":"x"}',
  },
];
