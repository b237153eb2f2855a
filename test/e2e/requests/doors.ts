import { mock, publish, type Room } from "./recorded-request.ts";

const user = (content: string) => [{ role: "user", content }];
const CHAT = "/v1/chat/completions";
const CLAUDE = "claude-haiku-4-5";
const ANTHROPIC = { "anthropic-version": "2023-06-01" };

/** What the official clients of OpenAI and Anthropic send, relayed and translated. */
export const doors: Room = {
  name: "doors",
  setup: [
    publish({ name: "greet", model: "gpt-6-luna", template: "Greet {{ who }}.", variables: { who: "string" } }),
    { name: "own key", method: "PUT", path: "/v1/providers/openai/keys/main", body: { api_key: "sk-of-the-doors" } },
    { name: "an alias", method: "PUT", path: "/v1/aliases/pmpt_1", body: { prompt: "greet", label: "latest" } },
  ],
  requests: [
    { name: "chat, relayed", path: CHAT, body: { model: "gpt-4o", messages: user(mock({ answer: "Hi." })) } },
    {
      name: "chat, relayed as a stream",
      path: CHAT,
      body: { model: "gpt-4o", messages: user(mock({ answer: "Hi there." })), stream: true },
    },
    { name: "chat, translated", path: CHAT, body: { model: CLAUDE, messages: user(mock({ answer: "Hi." })) } },
    {
      name: "chat, translated as a stream",
      path: CHAT,
      body: { model: CLAUDE, messages: user(mock({ answer: "Hi." })), stream: true },
    },
    {
      name: "chat with what Claude cannot be asked",
      path: CHAT,
      body: { model: CLAUDE, messages: user("Hi"), logit_bias: { "1": 2 } },
    },
    { name: "chat without a model", path: CHAT, body: { messages: user("Hi") } },
    { name: "chat without a key", path: CHAT, as: null, body: { model: "gpt-4o", messages: user("Hi") } },
    {
      name: "chat that the provider refuses",
      path: CHAT,
      body: { model: "gpt-4o", messages: user(mock({ status: 400, error_message: "Bad image." })) },
    },
    {
      name: "chat that runs a stored prompt",
      path: CHAT,
      body: { model: "prompt:greet@latest", messages: [], prompt_variables: { who: mock({ answer: "Hi, Ada." }) } },
    },
    {
      name: "messages, relayed",
      path: "/v1/messages",
      body: { model: CLAUDE, max_tokens: 50, messages: user(mock({ answer: "Hi." })) },
    },
    {
      name: "messages, translated",
      path: "/v1/messages",
      body: { model: "gpt-4o", max_tokens: 50, messages: user(mock({ answer: "Hi." })) },
    },
    { name: "messages without a bound", path: "/v1/messages", body: { model: CLAUDE, messages: user("Hi") } },
    {
      name: "tokens of messages",
      path: "/v1/messages/count_tokens",
      body: { model: CLAUDE, messages: user("Hello there") },
    },
    {
      name: "responses, relayed",
      path: "/v1/responses",
      body: { model: "gpt-4o", input: mock({ answer: "Hi." }) },
      keep: { response: "id" },
    },
    { name: "a kept response", path: "/v1/responses/$response" },
    { name: "what it was asked", path: "/v1/responses/$response/input_items" },
    {
      name: "the next response",
      path: "/v1/responses",
      body: { model: "gpt-4o", input: mock({ answer: "Bye." }), previous_response_id: "$response" },
    },
    { name: "delete a kept response", method: "DELETE", path: "/v1/responses/$response" },
    { name: "read it again", path: "/v1/responses/$response" },
    {
      name: "OpenAI's own stored prompt",
      path: "/v1/responses",
      body: { prompt: { id: "pmpt_1", variables: { who: { type: "input_text", text: mock({ answer: "Hi." }) } } } },
    },
    {
      name: "embeddings",
      path: "/v1/embeddings",
      body: { model: "text-embedding-3-small", input: "Hi", dimensions: 4 },
    },
    { name: "models for OpenAI's clients", path: "/v1/models" },
    { name: "models for Anthropic's clients", path: "/v1/models?limit=1", headers: ANTHROPIC },
    { name: "a model", path: "/v1/models/gpt-4o" },
    { name: "a model that is not there", path: "/v1/models/nonesuch" },
    { name: "a path that Anthropic has and we have not", path: "/v1/messages/batches", body: {} },
  ],
};
