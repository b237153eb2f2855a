import { mock, publish, type Room } from "./recorded-request.ts";

const PATH = "/v1/executions";
const LETTER = "/v1/prompts/letter";
const NOTE = { model: "gpt-4o-mini", template: "Yours, {{ who }}.", variables: { who: "string" } };
const BODY = { model: "gpt-4o-mini", template: '{{ text }} {% include "legal/note" %}', variables: { text: "string" } };
const ASKED = { tool_calls: [{ name: "get_weather", arguments: { city: "Bern" } }], reasoning: "Let me look." };
const TOOLS = [{ name: "get_weather", description: "The weather of a city", parameters: { type: "object" } }];
const asks = { prompt: "letter", variables: { who: "Ada", text: mock(ASKED) }, tools: TOOLS, cache: false };
const claude = { model: "claude-haiku-4-5", include: ["reasoning"], parameters: { seed: 7 } };

/** Includes, preconditions, diffs, tools and the continued conversation. */
export const richPrompts: Room = {
  name: "rich prompts",
  setup: [publish({ ...BODY, name: "letter", template: "{{ text }}" })],
  requests: [
    { name: "include an unknown prompt", method: "PUT", path: LETTER, body: BODY },
    { name: "publish what is included", method: "PUT", path: "/v1/prompts/legal%2Fnote", body: NOTE },
    { name: "publish what includes it", method: "PUT", path: LETTER, body: BODY, headers: { "if-match": '"1"' } },
    { name: "publish over a newer version", method: "PUT", path: LETTER, body: BODY, headers: { "if-match": '"1"' } },
    { name: "read what includes it", path: LETTER },
    { name: "render it", path: `${LETTER}/render`, body: { variables: { who: "Ada", text: "Dear Bob," } } },
    { name: "compare two versions", path: `${LETTER}/diff`, body: { from: 1, to: "latest" } },
    { name: "compare with nothing", path: `${LETTER}/diff`, body: { from: 1 } },
    { name: "calls of tools, whole", path: PATH, body: asks },
    { name: "calls of tools, streamed", path: PATH, body: { ...asks, stream: true } },
    { name: "reasoning and a warning", path: PATH, body: { ...asks, ...claude } },
    { name: "reasoning, streamed", path: PATH, body: { ...asks, ...claude, stream: true } },
    {
      name: "the results of calls",
      path: PATH,
      body: {
        ...asks,
        variables: { who: "Ada", text: "The weather?" },
        messages: [
          { role: "assistant", content: null, tool_calls: [{ id: "c1", name: "get_weather", arguments: {} }] },
          { role: "tool", tool_call_id: "c1", content: "18 °C" },
          { role: "user", content: [{ type: "text", text: "So?" }] },
        ],
      },
    },
    {
      name: "a provider option that is not the caller's",
      path: PATH,
      body: { ...asks, parameters: { provider_options: { openai: { model: "x" } } } },
    },
  ],
};
