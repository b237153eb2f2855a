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
  if (joined.role !== "leader") throw new Error(`boarded as ${joined.role}`);
  const { readable, writable } = new IdentityTransformStream();
  const flown = stub.lead("key", joined.token, readable);
  const writer = writable.getWriter();
  return { flown, writer, say: async (frame: Frame) => writer.write(encodeFrame(frame)) };
}

async function follow(stub: Stub) {
  const joined = await stub.join("key", 60_000);
  if (joined.role !== "follower") throw new Error(`boarded as ${joined.role}`);
  return joined.frames;
}

async function collect(frames: ReadableStream<Uint8Array>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of readFrames(frames)) all.push(frame);
  return all;
}

describe("the object of a flight", () => {
  it("hands the leader's frames to all, those who join late and just after the landing included", async () => {
    const stub = stubOf("whole");
    const leader = await lead(stub);
    const early = collect(await follow(stub));
    await leader.say({ t: "text", text: "a" });
    const late = collect(await follow(stub));
    await leader.say(END);
    await leader.writer.close();
    await leader.flown;
    const after = collect(await follow(stub));
    const said = [{ t: "text", text: "a" }, END];
    expect(await Promise.all([early, late, after])).toEqual([said, said, said]);
  });

  it("has the flights of many keys at a time, and mixes none of them up", async () => {
    const stub = stubOf("many");
    const tokens = await Promise.all(
      ["a", "b"].map(async (key) => {
        const joined = await stub.join(key, 60_000);
        if (joined.role !== "leader") throw new Error(`boarded as ${joined.role}`);
        const { readable, writable } = new IdentityTransformStream();
        const flown = stub.lead(key, joined.token, readable);
        const follower = await stub.join(key, 60_000);
        if (follower.role !== "follower") throw new Error(`boarded as ${follower.role}`);
        const heard = collect(follower.frames);
        const writer = writable.getWriter();
        await writer.write(encodeFrame({ t: "text", text: key }));
        await writer.write(encodeFrame(END));
        await writer.close();
        await flown;
        expect(await heard).toEqual([{ t: "text", text: key }, END]);
        return joined.token;
      }),
    );
    expect(new Set(tokens).size).toBe(2);
  });

  it("keeps no answer that may not be stored for those who come after", async () => {
    const stub = stubOf("cut");
    const leader = await lead(stub);
    const follower = collect(await follow(stub));
    await leader.say({ ...END, keep: false });
    await leader.writer.close();
    await leader.flown;
    expect(await follower).toEqual([{ ...END, keep: false }]);
    expect((await stub.join("key", 60_000)).role).toBe("leader");
  });

  it("tells the followers where the leader breaks off, in the middle of a line or not, and lets the next lead", async () => {
    const stub = stubOf("broken");
    const leader = await lead(stub);
    const follower = collect(await follow(stub));
    await leader.say({ t: "text", text: "a" });
    await leader.writer.write(new TextEncoder().encode('{"t":"te'));
    await leader.writer.abort(new Error("gone"));
    await leader.flown;
    expect(await follower).toEqual([{ t: "text", text: "a" }, { t: "lost" }]);
    expect((await stub.join("key", 60_000)).role).toBe("leader");
  });

  it("shares no answer beyond its bound: the followers go alone, the leader is not held up", async () => {
    const stub = stubOf("huge");
    const leader = await lead(stub);
    const follower = collect(await follow(stub));
    const megabyte = encodeFrame({ t: "text", text: "x".repeat(1 << 20) });
    await Promise.allSettled(Array.from({ length: 9 }, async () => leader.writer.write(megabyte)));
    await leader.flown;
    expect((await follower).at(-1)).toEqual({ t: "alone" });
  });

  it("takes a leaving follower's place back", async () => {
    const stub = stubOf("left");
    const leader = await lead(stub);
    const leaving = await follow(stub);
    await leaving.cancel();
    const staying = collect(await follow(stub));
    await leader.say(END);
    await leader.writer.close();
    expect(await staying).toEqual([END]);
  });

  it("is boarded anew after an eviction", async () => {
    const stub = stubOf("evicted");
    const leader = await lead(stub);
    await leader.say(END);
    await leader.writer.close();
    await leader.flown;
    await evictDurableObject(stub);
    expect((await stub.join("key", 60_000)).role).toBe("leader");
  });
});
