import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { chatDoor } from "../../../../src/domain/doors/chat/door.ts";
import { AppError } from "../../../../src/domain/errors.ts";

const SEED = 20_261_126;
const RUNS = 3_000;

const junk = fc.jsonValue({ maxDepth: 2 });

/** An object with some of these members, each of which may be anything. */
function maybe(members: Record<string, fc.Arbitrary<unknown>>, requiredKeys: string[] = []): fc.Arbitrary<unknown> {
  const loose = Object.entries(members).map(([name, value]) => [
    name,
    fc.oneof({ weight: 30, arbitrary: value }, { weight: 1, arbitrary: junk }),
  ]);
  return fc.record(Object.fromEntries(loose) as Record<string, fc.Arbitrary<unknown>>, { requiredKeys });
}

const media = maybe({ url: fc.string(), data: fc.string(), format: fc.constant("wav"), file_id: fc.string() }, [
  "url",
  "data",
  "format",
  "file_id",
]);
const part = maybe(
  {
    type: fc.constantFrom("text", "image_url", "input_audio", "file", "__proto__", "constructor"),
    text: fc.string(),
    image_url: media,
    input_audio: media,
    file: media,
    cache_control: maybe({ type: fc.constant("ephemeral"), ttl: fc.constantFrom("5m", "1h") }),
    prompt_cache_breakpoint: maybe({ mode: fc.constant("explicit"), ttl: fc.constant("12h") }),
  },
  ["type", "text", "image_url", "input_audio", "file"],
);
const named = maybe({ name: fc.string(), arguments: fc.string(), description: junk }, ["name", "arguments"]);
const call = maybe({ id: fc.string(), type: fc.constant("function"), function: named }, ["id", "type", "function"]);
const message = maybe(
  {
    role: fc.constantFrom("system", "user", "assistant", "tool", "function", "__proto__", "toString"),
    content: fc.oneof(fc.string(), fc.array(part, { maxLength: 2 })),
    tool_calls: fc.array(call, { maxLength: 2 }),
    tool_call_id: fc.string(),
    thinking_blocks: fc.array(junk, { maxLength: 2 }),
  },
  ["role", "content", "tool_call_id"],
);
const anyBody = maybe(
  {
    model: fc.string(),
    messages: fc.array(message, { maxLength: 3 }),
    tools: fc.array(call, { maxLength: 2 }),
    tool_choice: maybe({ type: fc.constant("function"), function: named }),
    response_format: maybe({
      type: fc.constantFrom("json_schema", "json_object"),
      json_schema: maybe({ schema: junk }),
    }),
    stream_options: maybe({ include_usage: fc.boolean() }),
    temperature: fc.double({ noNaN: true }),
    stop: fc.oneof(fc.string(), fc.array(fc.string())),
    thinking: junk,
    metadata: junk,
    ["__proto__"]: junk,
  },
  ["model", "messages"],
) as fc.Arbitrary<Record<string, unknown>>;

/** Whether a dotted path leads to something in the body, or to the place where it should be. */
function leadsSomewhere(body: unknown, path: string): boolean {
  const names = path.split(".");
  const parent = names.slice(0, -1).reduce((at: unknown, name) => (Object(at) as Record<string, unknown>)[name], body);
  return parent !== undefined && parent !== null;
}

/** What the door finds in a body, and whether it refuses it. Any other failure is thrown. */
function findingsIn(body: Record<string, unknown>): { isRefused: boolean; paths: string[] } {
  try {
    return { isRefused: false, paths: chatDoor.read(body).untranslated.map(({ path }) => path) };
  } catch (error) {
    if (!(error instanceof AppError) || error.code !== "validation_error") throw error;
    return { isRefused: true, paths: (error.errors ?? []).map(({ path }) => path) };
  }
}

describe("a chat completion's body, whatever is in it", () => {
  it("is read, or refused with the places of its faults", () => {
    let refused = 0;
    fc.assert(
      fc.property(anyBody, (body) => {
        const { isRefused, paths } = findingsIn(body);
        if (isRefused) refused += 1;
        expect(!isRefused || paths.length > 0).toBe(true);
        expect(paths.filter((path) => path !== "" && !leadsSomewhere(body, path))).toEqual([]);
      }),
      { seed: SEED, numRuns: RUNS },
    );
    expect(refused).toBeGreaterThan(RUNS / 10);
    expect(refused).toBeLessThan(RUNS * 0.9);
  });
});
