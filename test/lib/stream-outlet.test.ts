import { describe, expect, it } from "vitest";
import { openOutlet } from "../../src/lib/stream-outlet.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const NEVER = 60_000;

describe("a stream outlet", () => {
  it("sends what came during a write as one, in order and complete", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const outlet = openOutlet(writable, NEVER);
    for (const text of ["a", "b", "c", "d"]) await outlet.write(bytes(text));
    const closed = outlet.close();
    const chunks: string[] = [];
    for await (const chunk of readable) chunks.push(new TextDecoder().decode(chunk));
    await closed;
    expect(chunks.join("")).toBe("abcd");
    expect(chunks.length).toBeLessThan(4);
  });

  it("makes the producer wait while too much lies unread", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const outlet = openOutlet(writable, NEVER);
    await outlet.write(bytes("first"));
    let written = false;
    const large = outlet.write(new Uint8Array(70_000)).then(() => (written = true));
    const reader = readable.getReader();
    expect(written).toBe(false);
    expect((await reader.read()).value?.length).toBe(5);
    expect((await reader.read()).value?.length).toBe(70_000);
    await large;
    expect(written).toBe(true);
  });

  it("lets the producer go on when the reader leaves", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const outlet = openOutlet(writable, NEVER);
    await outlet.write(bytes("a"));
    await readable.cancel();
    await outlet.write(new Uint8Array(100_000));
    await outlet.write(bytes("b"));
    await outlet.close();
  });

  it("takes a reader that reads nothing for one that left", async () => {
    const { writable } = new TransformStream<Uint8Array, Uint8Array>();
    const outlet = openOutlet(writable, 1);
    await outlet.write(new Uint8Array(100_000));
    await outlet.write(new Uint8Array(100_000));
    await outlet.close();
  });
});
