import { evictDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { encodeFrame, type Frame, readFrames } from "../../src/domain/completions/flight-frame.ts";
import { answer } from "../support/answer.ts";

const { text: _text, ...bare } = answer("");
const END: Frame = { t: "answer", answer: bare, keep: true };

function stubOf(name: string) {
  return env.SINGLE_FLIGHT.getByName(`ten/${name}`);
}
type Stub = ReturnType<typeof stubOf>;

async function lead(stub: Stub) {
  const joined = await stub.join("key", 60_000);
  if (joined.role !== "leader") throw new Error(`joined as ${joined.role}`);
  const { readable, writable } = new IdentityTransformStream();
  const flight = stub.lead("key", joined.token, readable);
  const writer = writable.getWriter();
  return { flight, writer, send: async (frame: Frame) => writer.write(encodeFrame(frame)) };
}

async function follow(stub: Stub) {
  const joined = await stub.join("key", 60_000);
  if (joined.role !== "follower") throw new Error(`joined as ${joined.role}`);
  return joined.frames;
}

async function collect(frames: ReadableStream<Uint8Array>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of readFrames(frames)) all.push(frame);
  return all;
}

describe("the single-flight object", () => {
  it("passes the leader's frames to all followers, early, late and just after the end", async () => {
    const stub = stubOf("whole");
    const leader = await lead(stub);
    const early = collect(await follow(stub));
    await leader.send({ t: "text", text: "a" });
    const late = collect(await follow(stub));
    await leader.send(END);
    await leader.writer.close();
    await leader.flight;
    const after = collect(await follow(stub));
    const sent = [{ t: "text", text: "a" }, END];
    expect(await Promise.all([early, late, after])).toEqual([sent, sent, sent]);
  });

  it("keeps the flights of several keys apart", async () => {
    const stub = stubOf("many");
    const tokens = await Promise.all(
      ["a", "b"].map(async (key) => {
        const joined = await stub.join(key, 60_000);
        if (joined.role !== "leader") throw new Error(`joined as ${joined.role}`);
        const { readable, writable } = new IdentityTransformStream();
        const flight = stub.lead(key, joined.token, readable);
        const follower = await stub.join(key, 60_000);
        if (follower.role !== "follower") throw new Error(`joined as ${follower.role}`);
        const received = collect(follower.frames);
        const writer = writable.getWriter();
        await writer.write(encodeFrame({ t: "text", text: key }));
        await writer.write(encodeFrame(END));
        await writer.close();
        await flight;
        expect(await received).toEqual([{ t: "text", text: key }, END]);
        return joined.token;
      }),
    );
    expect(new Set(tokens).size).toBe(2);
  });

  it("does not keep an answer that may not be stored", async () => {
    const stub = stubOf("cut");
    const leader = await lead(stub);
    const follower = collect(await follow(stub));
    await leader.send({ ...END, keep: false });
    await leader.writer.close();
    await leader.flight;
    expect(await follower).toEqual([{ ...END, keep: false }]);
    expect((await stub.join("key", 60_000)).role).toBe("leader");
  });

  it("sends lost when the leader breaks off within a line, and makes the next caller the leader", async () => {
    const stub = stubOf("broken");
    const leader = await lead(stub);
    const follower = collect(await follow(stub));
    await leader.send({ t: "text", text: "a" });
    await leader.writer.write(new TextEncoder().encode('{"t":"te'));
    await leader.writer.abort(new Error("gone"));
    await leader.flight;
    expect(await follower).toEqual([{ t: "text", text: "a" }, { t: "lost" }]);
    expect((await stub.join("key", 60_000)).role).toBe("leader");
  });

  it("sends alone when the answer is too large, and does not block the leader", async () => {
    const stub = stubOf("huge");
    const leader = await lead(stub);
    const follower = collect(await follow(stub));
    const megabyte = encodeFrame({ t: "text", text: "x".repeat(1 << 20) });
    await Promise.allSettled(Array.from({ length: 9 }, async () => leader.writer.write(megabyte)));
    await leader.flight;
    expect((await follower).at(-1)).toEqual({ t: "alone" });
  });

  it("goes on when a follower leaves", async () => {
    const stub = stubOf("left");
    const leader = await lead(stub);
    const leaving = await follow(stub);
    await leaving.cancel();
    const staying = collect(await follow(stub));
    await leader.send(END);
    await leader.writer.close();
    expect(await staying).toEqual([END]);
  });

  it("begins a new flight after an eviction", async () => {
    const stub = stubOf("evicted");
    const leader = await lead(stub);
    await leader.send(END);
    await leader.writer.close();
    await leader.flight;
    await evictDurableObject(stub);
    expect((await stub.join("key", 60_000)).role).toBe("leader");
  });
});
