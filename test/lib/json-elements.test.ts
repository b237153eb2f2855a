import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { jsonElements } from "../../src/lib/json-elements.ts";
import { linesOf, textOf } from "../../src/lib/text-stream.ts";

const faults = {
  notJson: () => new Error("not JSON"),
  tooLong: (element: number | null) => new Error(`long ${element}`),
};

async function* inPieces(text: string, size: number) {
  for (let at = 0; at < text.length; at += size) yield text.slice(at, at + size);
}

async function split(text: string, size: number, maxLength = 10_000) {
  const json = jsonElements(inPieces(text, size), "items", maxLength, faults);
  const elements: unknown[] = [];
  for await (const element of json.elements) elements.push(JSON.parse(element));
  return { elements, rest: JSON.parse(json.rest()) as unknown };
}

describe("a JSON object whose array is read element by element", () => {
  it("gives the same elements and rest as JSON.parse, wherever the text is cut and however it is spaced", async () => {
    const object = fc.record({ before: fc.jsonValue(), items: fc.array(fc.jsonValue()), after: fc.jsonValue() });
    await fc.assert(
      fc.asyncProperty(object, fc.integer({ min: 1, max: 40 }), fc.constantFrom(0, 2), async (value, size, indent) => {
        const parsed = JSON.parse(JSON.stringify(value)) as typeof value;
        const found = await split(JSON.stringify(value, null, indent), size);
        expect(found).toEqual({ elements: parsed.items, rest: { ...parsed, items: [] } });
      }),
      { seed: 6, numRuns: 300 },
    );
  });

  it("finds only the array at its own top level, even if the key has escapes", async () => {
    const text =
      '{"a": {"items": [1]}, "b": "\\"items\\": [", "it\\u0065ms" : [ {"items": [2]}, "]" ], "c": ["items"]}';
    for (const size of [1, 3, 200]) {
      const { elements, rest } = await split(text, size);
      expect(elements).toEqual([{ items: [2] }, "]"]);
      expect(rest).toEqual({ a: { items: [1] }, b: '"items": [', items: [], c: ["items"] });
    }
  });

  it("refuses broken structure, a second array, and text that is too long", async () => {
    for (const text of [
      '{"items": [1, 2',
      '{"items": [1,]}',
      '{"items": [,1]}',
      '{"items": [1], "items": [2]}',
      '{"a": "',
    ]) {
      await expect(split(text, 4)).rejects.toThrow("not JSON");
    }
    await expect(split(`{"items": [1, "${"x".repeat(200)}"]}`, 7, 100)).rejects.toThrow("long 1");
    await expect(split(`{"a": "${"x".repeat(200)}"}`, 7, 100)).rejects.toThrow("long null");
  });
});

describe("lines of a stream", () => {
  const bodyOf = (bytes: Uint8Array, size: number) =>
    new ReadableStream<Uint8Array>({
      start(controller) {
        for (let at = 0; at < bytes.length; at += size) controller.enqueue(bytes.subarray(at, at + size));
        controller.close();
      },
    });
  const textFaults = { tooLarge: () => new Error("too large"), notUtf8: () => new Error("not UTF-8") };
  const read = async (bytes: Uint8Array, size: number, max = 1_000) => {
    const lines: string[] = [];
    const tooLong = (line: number) => new Error(`line ${line}`);
    for await (const line of linesOf(textOf(bodyOf(bytes, size), max, textFaults), 20, tooLong)) lines.push(line);
    return lines;
  };

  it("are the same wherever the bytes are cut, without blank lines and the byte order mark", async () => {
    const bytes = new TextEncoder().encode("\uFEFFé1\r\n\n  \n漢字🙂\nlast");
    for (let size = 1; size <= bytes.length; size++)
      expect(await read(bytes, size)).toEqual(["é1\r", "漢字🙂", "last"]);
  });

  it("are refused if a line is too long, if the body is too large, and if it is not UTF-8", async () => {
    const encode = (text: string) => new TextEncoder().encode(text);
    await expect(read(encode(`a\n${"b".repeat(30)}`), 4)).rejects.toThrow("line 1");
    await expect(read(encode("a\n".repeat(20)), 4, 30)).rejects.toThrow("too large");
    await expect(read(new Uint8Array([0x61, 0xff, 0x0a]), 1)).rejects.toThrow("not UTF-8");
  });
});
