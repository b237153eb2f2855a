import { describe, expect, it } from "vitest";
import { textsOf } from "../../../src/domain/optimizations/prompt-texts.ts";
import { dropRepeatedExamples, withFewerExamples } from "../../../src/domain/optimizations/surplus-examples.ts";

const keep = (text: string, share: "half" | "one") => {
  const { messages, dropped } = withFewerExamples([{ role: "user", content: text }], share);
  return [textsOf(messages)[0], dropped];
};
const record = (text: string, stars: number) => `Review: ${text}\nStars: ${stars}\n\n`;

describe("surplus examples", () => {
  it("are elements, of which the most diverse are kept", () => {
    const text = ["red apple pie", "red apple tart", "old stone bridge"].map((each) => `<example>${each}</example>\n`);
    const query = "Now: {{ text }}";
    expect(keep(text.join("") + query, "half")).toEqual([`${text[0]}${text[2]}${query}`, 1]);
    expect(keep(text.join("") + query, "one")).toEqual([`${text[0]}${query}`, 2]);
  });

  it("are numbered, up to the next one; the last one stays because its end cannot be told", () => {
    const text = "Do it.\n\nExample 1\na\n\nb\n\nExample 2\nc\n\nExample 3\nd\n\nNow: {{ text }}";
    expect(keep(text, "one")).toEqual(["Do it.\n\nExample 3\nd\n\nNow: {{ text }}", 2]);
  });

  it("are paragraphs with the same labels, but not the one with a variable", () => {
    const query = "Review: {{ review }}\nStars:";
    const text = record("good", 5) + record("bad", 1) + record("so so", 3) + query;
    expect(keep(text, "one")).toEqual([record("good", 5) + query, 2]);
  });

  it("are lines of objects with the same keys, or with the word", () => {
    expect(keep('* {"q": "a", "a": "b"}\n* {"q": "c", "a": "d"}\n* {"z": 1}\n', "one")).toEqual([
      '* {"q": "a", "a": "b"}\n* {"z": 1}\n',
      1,
    ]);
    expect(keep("- Example: red\n- Example: blue\n- other\n", "one")).toEqual(["- Example: red\n- other\n", 1]);
  });

  it("are turns of a conversation before the last question", () => {
    const turns = ["2 + 2?", "4", "3 + 3?", "6", "{{ text }}"].map((content, at) => ({
      role: at % 2 === 0 ? ("user" as const) : ("assistant" as const),
      content,
    }));
    const { messages, dropped } = withFewerExamples(turns, "one");
    expect([textsOf(messages), dropped]).toEqual([["2 + 2?", "4", "{{ text }}"], 1]);
  });

  it.each([
    "<example>a</example> {{ text }}",
    "<example>{% for x in xs %}</example><example>{% endfor %}</example>",
    "Example 1\n{% if a %}\nExample 2\n{% endif %}\nExample 3\nx",
    "See Example 1 and Example 2.",
    "Name: a\nAge: 1\n\nCity: b\nZip: 2\n\n",
  ])("are none in %j", (text) => expect(keep(text, "one")).toEqual([text, 0]));

  it("are dropped where another one says the same, word by word", () => {
    expect(dropRepeatedExamples(`${record("good", 5)}${record("bad", 1)}${record("Good", 5)}End`)).toBe(
      `${record("good", 5)}${record("bad", 1)}End`,
    );
    expect(dropRepeatedExamples("Example 1\na b\n\nExample 2\nc\n\nExample 3\na b\n\nNow.")).toBe(
      "Example 2\nc\n\nExample 3\na b\n\nNow.",
    );
    expect(dropRepeatedExamples(record("good", 5) + record("good", 4))).toBe(record("good", 5) + record("good", 4));
  });
});
