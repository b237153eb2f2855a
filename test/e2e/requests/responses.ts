import { mock, publish, type RecordedRequest, type Room } from "./recorded-request.ts";

const PATH = "/v1/executions";
const TOOLS = [{ name: "get_weather", description: "The weather of a city", parameters: { type: "object" } }];
const ASKED = { tool_calls: [{ name: "get_weather", arguments: { city: "Bern" } }], reasoning: "Let me look." };

/** An execution whose text decides what the mock does. */
function asks(profile: object, more: object = {}): object {
  return { prompt: "forecast", variables: { text: mock({ ...profile }) }, cache: false, ...more };
}

/** An execution with options of OpenAI's own. */
function withOptions(
  name: string,
  profile: object,
  openai: object,
  more: Partial<RecordedRequest> = {},
): RecordedRequest {
  return { name, path: PATH, body: asks(profile, { parameters: { provider_options: { openai } } }), ...more };
}

const reasoning = { tools: TOOLS, include: ["reasoning"] };

/** What goes through OpenAI's Responses API. */
export const responses: Room = {
  name: "responses",
  setup: [
    publish({
      name: "forecast",
      model: "gpt-6-luna",
      template: "{{ text }}",
      variables: { text: "string" },
      settings: { reasoning_effort: "low", max_tokens: 200 },
    }),
    // What OpenAI keeps is reached with a key of the tenant's own.
    { name: "own key", method: "PUT", path: "/v1/providers/openai/keys/main", body: { api_key: "sk-of-responses" } },
  ],
  requests: [
    { name: "render without tools", path: "/v1/prompts/forecast/render", body: { variables: { text: "Hi" } } },
    { name: "tools of a model that reasons, whole", path: PATH, body: asks(ASKED, reasoning) },
    { name: "tools of a model that reasons, streamed", path: PATH, body: asks(ASKED, { ...reasoning, stream: true }) },
    withOptions(
      "a response that is kept",
      { answer: "Hello." },
      { api: "responses", store: true },
      { keep: { response: "response_id" } },
    ),
    withOptions("the next of a conversation", { answer: "Bye." }, { previous_response_id: "$response" }),
    withOptions(
      "a search of the web",
      { answer: "Found.", usage_parts: { web_searches: 2 } },
      { tools: [{ type: "web_search" }] },
    ),
    withOptions(
      "a tool without a listed price",
      { answer: "Found.", usage_parts: { file_searches: 1 } },
      { tools: [{ type: "file_search", vector_store_ids: ["vs_1"] }] },
    ),
    { name: "a refusal", path: PATH, body: asks({ answer: "I cannot help.", refusal: true }, { tools: TOOLS }) },
    {
      name: "a stream that breaks off",
      path: PATH,
      body: asks({ answer: "one two three four five six", fault: "cut_stream" }, { tools: TOOLS, stream: true }),
    },
    withOptions("what OpenAI does not know", { answer: "x" }, { previous_response_id: "resp_1", nonesuch: 1 }),
    withOptions("an API that there is not", { answer: "x" }, { api: "completions" }),
    { name: "a budget", method: "PUT", path: "/v1/budgets/tenant", body: { daily_usd: 100 } },
    withOptions("a tool of the provider's under it", { answer: "x" }, { tools: [{ type: "web_search" }] }),
  ],
};
