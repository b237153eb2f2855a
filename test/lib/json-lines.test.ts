import { describe, expect, it } from "vitest";
import { JsonLineError, readJsonLines } from "../../src/lib/json-lines.ts";

function body(...chunks: (string | Uint8Array)[]): {
  stream: ReadableStream<Uint8Array>;
  pulls: () => number;
  cancelled: () => boolean;
} {
  let pulls = 0;
  let cancelled = false;
  const left = chunks.map((chunk) => (typeof chunk === "string" ? new TextEncoder().encode(chunk) : chunk));
  const stream = new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        pulls += 1;
        const next = left.shift();
        if (next) controller.enqueue(next);
        else controller.close();
      },
      cancel() {
        cancelled = true;
      },
    },
    { highWaterMark: 0 },
  );
  return { stream, pulls: () => pulls, cancelled: () => cancelled };
}

async function all(stream: ReadableStream<Uint8Array>, max = 100): Promise<unknown[]> {
  const values: unknown[] = [];
  for await (const value of readJsonLines(stream, max)) values.push(value);
  return values;
}

describe("JSON Lines", () => {
  it("are the same wherever the bytes are split, even inside a character", async () => {
    const bytes = new TextEncoder().encode('{"a":"漢字"}\n\n  \r\n[1]\n"🌍"');
    for (let at = 0; at <= bytes.length; at += 1) {
      expect(await all(body(bytes.slice(0, at), bytes.slice(at)).stream)).toEqual([{ a: "漢字" }, [1], "🌍"]);
    }
  });

  it("are read on demand: no chunk is read before the reader needs it", async () => {
    const { stream, pulls, cancelled } = body("1\n2\n", "3\n", "4\n");
    const lines = readJsonLines(stream, 100);
    expect([(await lines.next()).value, (await lines.next()).value, pulls()]).toEqual([1, 2, 1]);
    await lines.return();
    expect([pulls(), cancelled()]).toEqual([1, true]);
  });

  it("go on after a line that is too long, whose error is in its place", async () => {
    const long = [`"${"x".repeat(60)}`, "y".repeat(60), "z".repeat(60), '"\n3\n'];
    const [first, second, third, ...more] = await all(body("1\n", ...long).stream);
    expect([first, second instanceof JsonLineError, third, more]).toEqual([1, true, 3, []]);
  });

  it("are refused if the body ends within a line that is too long", async () => {
    await expect(all(body("1\n", `"${"x".repeat(200)}`).stream)).rejects.toThrow(JsonLineError);
  });

  it("go on after a line that is not JSON, whose error is in its place", async () => {
    const [first, second, third] = await all(body("1\n{oops\n3\n").stream);
    expect([first, second instanceof JsonLineError, third]).toEqual([1, true, 3]);
  });

  it("are refused if the body ends within a line", async () => {
    await expect(all(body("1\n{oops").stream)).rejects.toThrow(JsonLineError);
  });
});
