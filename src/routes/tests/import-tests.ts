import * as z from "zod";
import { importForeignTests } from "../../services/tests/import-tests.ts";
import { createRouter, json, securedRoute } from "../router.ts";

const anything = z.record(z.string(), z.unknown());

const importedView = z.object({
  format: z.enum(["promptfoo", "openai-evals"]).describe("What was sent"),
  prompts: z.array(anything).describe("Prompts to publish, each with a name and its template or messages"),
  models: z.array(z.string()).describe("The models of the file, as a run names them"),
  tests: z.array(anything).describe("Cases, as a run takes them"),
  repeat: z.number().optional().describe("How often the file runs each test"),
  concurrency: z.number().optional().describe("How many tests the file runs at a time"),
  left_out: z
    .array(
      z.object({
        path: z.string().describe("Where it stands in the file"),
        reason: z.string().describe("Why it is not taken over"),
      }),
    )
    .describe("All that could not be taken over"),
});

const importTests = securedRoute("prompts:read", {
  method: "post",
  path: "/v1/import/tests",
  summary: "Read tests of promptfoo or OpenAI's Evals",
  description: "Nothing is stored or run: send `tests` on to `POST /v1/prompts/{name}/tests/run`.",
  request: {
    body: {
      required: true,
      description: "A promptfooconfig, or an eval of OpenAI with its `items`",
      content: { "application/yaml": { schema: z.string() }, "application/json": { schema: anything } },
    },
  },
  responses: { 200: json(importedView, "The file in our terms") },
});

/** The route that reads foreign files of tests. */
export const importTestRoutes = createRouter().openapi(importTests, (c) => {
  const { text, type } = c.get("body");
  const { tests, prompts, ...rest } = importForeignTests(text, type === "application/json" ? "json" : "yaml");
  return c.json(
    { ...rest, tests: tests.map((each) => ({ ...each })), prompts: prompts.map((each) => ({ ...each })) },
    200,
  );
});
