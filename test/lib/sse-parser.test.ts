import { describe, expect, it } from "vitest";
import { SseParser } from "../../src/lib/sse-parser.ts";

function parse(...pieces: string[]) {
  const parser = new SseParser();
  return pieces.flatMap((piece) => parser.push(piece));
}

const TEXT = "event: a\ndata: 1\n\n: comment\n\ndata:x\ndata: y\n\nid: 3\nretry: 5\ndata\n\nevent: none\n\ndata: z\n\n";
const EVENTS = [
  { event: "a", data: "1" },
  { event: "", data: "x\ny" },
  { event: "", data: "" },
  { event: "", data: "z" },
];

describe("server-sent events", () => {
  it("have the name and the lines of data before an empty line", () => {
    expect(parse(TEXT)).toEqual(EVENTS);
  });

  it.each(["\n", "\r\n", "\r"])("end their lines with %j, wherever the text is split", (end) => {
    const text = TEXT.replaceAll("\n", end);
    for (let at = 0; at <= text.length; at += 1) {
      const events = parse(text.slice(0, at), text.slice(at));
      expect(events, `split at ${at}`).toEqual(EVENTS);
    }
    expect(parse(...Array.from(text))).toEqual(EVENTS);
  });

  it("are not given before they have ended", () => {
    expect(parse("data: 1\n")).toEqual([]);
    expect(parse("data: 1\n\ndata: 2")).toEqual([{ event: "", data: "1" }]);
  });

  it("keep spaces in their data, but for the first one", () => {
    expect(parse("data:  a: b \n\n")).toEqual([{ event: "", data: " a: b " }]);
  });
});
