import { describe, expect, it, vi } from "vitest";
import { openOutlet } from "../../src/lib/stream-outlet.ts";

const bytes = (text: string) => new TextEncoder().encode(text);
const NEVER = 60_000;

async function textsOf(readable: ReadableStream<Uint8Array>): Promise<string[]> {
  const texts: string[] = [];
  for await (const chunk of readable) texts.push(new TextDecoder().decode(chunk));
  return texts;
}

describe("a stream outlet", () => {
  it("sends the first two writes at once and joins the chunks that arrive during a write", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const outlet = openOutlet(writable, NEVER);
    const texts = textsOf(readable);
    for (const text of ["start", "first", "b", "c", "d", "e"]) await outlet.write(bytes(text));
    await outlet.close();
    const received = await texts;
    expect(received.slice(0, 2)).toEqual(["start", "first"]);
    expect(received.slice(2).join("")).toBe("bcde");
    expect(received.length).toBeLessThan(6);
  });

  it("makes the producer wait while too many bytes are unread", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const outlet = openOutlet(writable, NEVER);
    const reader = readable.getReader();
    for (const text of ["start", "first"]) {
      const [, { value }] = await Promise.all([outlet.write(bytes(text)), reader.read()]);
      expect(value?.length).toBe(5);
    }
    const large = outlet.write(new Uint8Array(70_000)).then(() => "taken");
    expect(await Promise.race([large, Promise.resolve("waiting")])).toBe("waiting");
    expect((await reader.read()).value?.length).toBe(70_000);
    expect(await large).toBe("taken");
  });

  it("lets the producer continue after the reader leaves", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const left = vi.fn();
    const outlet = openOutlet(writable, NEVER, left);
    const first = outlet.write(bytes("a"));
    await readable.cancel();
    const rest = [outlet.write(new Uint8Array(100_000)), outlet.write(bytes("b")), outlet.close()];
    expect(await Promise.allSettled([first, ...rest])).toSatisfy((ends: PromiseSettledResult<void>[]) =>
      ends.every(({ status }) => status === "fulfilled"),
    );
    expect(left).toHaveBeenCalledTimes(1);
  });

  it("watches all writes with one timer, and leaves none behind", async () => {
    vi.useFakeTimers();
    try {
      const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
      const outlet = openOutlet(writable, NEVER);
      const texts = textsOf(readable);
      for (let token = 0; token < 50; token += 1) {
        await outlet.write(bytes("token"));
        expect(vi.getTimerCount()).toBe(1);
      }
      await outlet.close();
      expect((await texts).join("")).toBe("token".repeat(50));
      expect(vi.getTimerCount()).toBe(0);
    } finally {
      vi.useRealTimers();
    }
  });

  it("treats a stalled reader as gone and stops waiting for it", async () => {
    const { writable } = new TransformStream<Uint8Array, Uint8Array>();
    const outlet = openOutlet(writable, 1);
    await outlet.write(new Uint8Array(100_000));
    await outlet.write(new Uint8Array(100_000));
    await expect(outlet.close()).resolves.toBeUndefined();
  });
});
