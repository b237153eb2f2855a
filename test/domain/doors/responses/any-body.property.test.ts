import { describe, expect, it } from "vitest";
import { readStoredPrompt } from "../../../../src/domain/doors/responses/read-stored-prompt.ts";
import { responsesDoor } from "../../../../src/domain/doors/responses/door.ts";
import { randomOf } from "../../../support/key-objects.ts";
import { body, CALL, CITY, faultsOf, OUTPUT, PDF, PNG, REASONING, WEATHER } from "./bodies.ts";

/** A body with everything in it. */
const EVERYTHING = body({
  instructions: "Be brief.",
  input: [
    { role: "user", content: [{ type: "input_text", text: "?", prompt_cache_breakpoint: { mode: "explicit" } }] },
    {
      role: "user",
      content: [
        { type: "input_image", image_url: PNG },
        { type: "input_file", file_data: PDF },
      ],
    },
    REASONING,
    { type: "message", role: "assistant", content: [{ type: "output_text", text: "Hm", annotations: [] }] },
    CALL,
    OUTPUT,
  ],
  prompt: { id: "pmpt_1", variables: { photo: { type: "input_image", image_url: PNG } } },
  reasoning: { effort: "low", summary: "auto" },
  text: { format: { type: "json_schema", name: "city", schema: CITY }, verbosity: "low" },
  tools: [WEATHER, { type: "web_search" }],
  tool_choice: { type: "function", name: "get_weather" },
  temperature: 1,
  include: ["reasoning.encrypted_content"],
});

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  -1.5,
  1e300,
  "",
  "x",
  "pbt:",
  [],
  {},
  [null],
  [[]],
  { type: 4 },
  { type: "x" },
];

/** The same with a member somewhere that is another value. */
function changed(value: unknown, random: () => number): unknown {
  const pick = () => VALUES[Math.floor(random() * VALUES.length)];
  if (typeof value !== "object" || value === null || random() < 0.1) return pick();
  const keys = Object.keys(value);
  const key = keys[Math.floor(random() * keys.length)];
  if (key === undefined) return pick();
  if (Array.isArray(value))
    return value.map((member: unknown, at) => (String(at) === key ? changed(member, random) : member));
  const members = Object.entries(value).map(([name, member]): [string, unknown] => [
    random() < 0.02 ? `${name}_of_tomorrow` : name,
    name === key ? changed(member, random) : member,
  ]);
  return Object.fromEntries(members);
}

describe("the reading of any body", () => {
  it("takes it or names its faults, and changes nothing in it", () => {
    const random = randomOf(1119);
    let refused = 0;
    for (let trial = 0; trial < 3_000; trial += 1) {
      let given: unknown = EVERYTHING;
      for (let times = random() * 4; times > 0; times -= 1) given = changed(given, random);
      const whole = typeof given === "object" && given !== null && !Array.isArray(given) ? { ...given } : {};
      const before = structuredClone(whole);
      const faults = [faultsOf(() => responsesDoor.read(whole)), faultsOf(() => readStoredPrompt(whole))];
      expect(faults.flat().map(({ path }) => path)).not.toContain("");
      expect(whole).toEqual(before);
      refused += faults.flat().length > 0 ? 1 : 0;
    }
    expect(refused).toBeGreaterThan(500);
    expect(refused).toBeLessThan(2_900);
  });
});
