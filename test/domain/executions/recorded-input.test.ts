import { describe, expect, it } from "vitest";
import type { ExecutionOptions } from "../../../src/domain/executions/execution-options.ts";
import { MAX_INPUT, recordedInput } from "../../../src/domain/executions/recorded-input.ts";
import { parseOrdered } from "../../../src/lib/ordered-json.ts";

/** What is recorded of a request. */
function recorded(variables: Record<string, unknown>, options: Partial<ExecutionOptions> = {}) {
  const prompt = { name: "greet" };
  return recordedInput({ variables, options: { prompt, parameters: {}, cache_control: {} as never, ...options } });
}

describe("the input on record", () => {
  it("is the variables alone where the request brings nothing else", () => {
    expect(recorded({ who: "Ada", n: null, list: [1, { a: true }] })).toEqual({
      input: { variables: { who: "Ada", n: null, list: [1, { a: true }] } },
    });
  });

  it("is what a request needs to ask the same again, and no more", () => {
    const asked: Partial<ExecutionOptions> = {
      messages: [{ role: "user", content: [{ type: "text", text: "Hi" }] }],
      models: ["gpt-4o-mini", "claude-haiku-4-5"],
      parameters: { temperature: 0, provider_options: { openai: { store: false } } },
      tools: [{ name: "look", parameters: { type: "object" } }],
      tool_choice: "required",
      parallel_tool_calls: false,
      include: ["reasoning"],
    };
    const rest = { user: "u1", metadata: { a: 1 }, timeout_ms: 5, cache: true, queue: false };
    expect(recorded({ who: "Ada" }, { ...asked, ...rest })).toEqual({ input: { variables: { who: "Ada" }, ...asked } });
  });

  it("keeps the beginning of what is too long, in bounds, and says so", () => {
    const { input, input_truncated } = recorded({ first: "a", long: "é".repeat(30_000), last: "b" });
    expect(input_truncated).toBe(true);
    expect(Object.keys(input.variables)).toEqual(["first", "long"]);
    expect(String(input.variables["long"])).toMatch(/^é{16000,}$/);
    expect(JSON.stringify(input).length).toBeLessThan(MAX_INPUT + 100);
  });

  it("is bounded in its elements and members, too, and by what comes first", () => {
    const wide = recorded({ list: Array.from({ length: 50_000 }, (_, at) => at) });
    expect([wide.input_truncated, JSON.stringify(wide.input).length < 3 * MAX_INPUT]).toEqual([true, true]);
    const many = Object.fromEntries(Array.from({ length: 20_000 }, (_, at) => [`name ${at}`, ""]));
    expect(JSON.stringify(recorded(many).input).length).toBeLessThan(2 * MAX_INPUT);
    const messages = [{ role: "user" as const, content: "x" }];
    expect(recorded({ long: "a".repeat(MAX_INPUT) }, { messages }).input).not.toHaveProperty("messages");
  });

  it("never ends within a character", () => {
    for (const first of ["", "a"]) {
      const { input } = recorded({ long: first + "🚀".repeat(MAX_INPUT) });
      expect(String(input.variables["long"]).isWellFormed()).toBe(true);
    }
  });

  it("keeps names that JavaScript would take for something else, in their order", () => {
    const variables = parseOrdered('{"years": {"2025": 1, "2024": 2}, "__proto__": {"a": 1}}') as Record<
      string,
      unknown
    >;
    expect(JSON.stringify(recorded(variables).input)).toBe(
      '{"variables":{"years":{"2025":1,"2024":2},"__proto__":{"a":1}}}',
    );
  });

  it("has no credentials for the servers that a model calls, but variables as they are", () => {
    const tool = {
      type: "mcp",
      server_url: "https://a.example/t0ken?k=1",
      authorization: "s3cret",
      headers: { x: "s3cret" },
    };
    const server = { type: "url", url: "https://b.example/", authorization_token: "s3cret", name: "b" };
    const provider_options = { openai: { tools: [tool] }, anthropic: { mcp_servers: [server] } };
    const { input } = recorded({ url: "https://c.example/x" }, { parameters: { provider_options } });
    const hidden = "<redacted>";
    expect(input).toEqual({
      variables: { url: "https://c.example/x" },
      parameters: {
        provider_options: {
          openai: {
            tools: [{ type: "mcp", server_url: `https://a.example/${hidden}`, authorization: hidden, headers: hidden }],
          },
          anthropic: {
            mcp_servers: [{ type: "url", url: "https://b.example", authorization_token: hidden, name: "b" }],
          },
        },
      },
    });
  });

  it("has no credentials under the names that providers and upstreams give them", () => {
    const network_policy = { domain_secrets: [{ domain: "a.example", name: "K", value: "s3cret" }] };
    const source = { endpoint: "https://c.example/s3cret", authentication: { type: "api_key", key: "s3cret" } };
    const upstream = { apiKey: "s3cret", extra_headers: { X: "s3cret" }, "Access-Token": "s3cret", password: "s3cret" };
    const openai = { ...upstream, tools: [{ container: { network_policy } }], data_sources: [source] };
    const parameters = { prompt_cache_key: "p", provider_options: { openai: { ...openai, max_tool_calls: 2 } } };
    const { input } = recorded({}, { parameters });
    expect(JSON.stringify(input)).not.toContain("s3cret");
    expect(input.parameters).toMatchObject({
      prompt_cache_key: "p",
      provider_options: { openai: { max_tool_calls: 2, data_sources: [{ endpoint: "https://c.example/<redacted>" }] } },
    });
  });
});
