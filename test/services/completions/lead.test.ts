import { describe, expect, it } from "vitest";
import { type Frame, readFrames } from "../../../src/domain/completions/flight-frame.ts";
import { Flights } from "../../../src/services/completions/flights.ts";
import { answer } from "../../support/answer.ts";
import { PREFERRED } from "../../support/obtain-world.ts";
import { deferred } from "../../support/tiers.ts";

const OPEN: Frame = { t: "open", ...PREFERRED };
const { text: _text, ...bare } = answer("ab");
const END: Frame = { t: "answer", answer: bare, keep: true };
const text = (piece: string): Frame => ({ t: "text", text: piece });

/** A leader, what it sends on each of its streams, and a follower that comes when the test says. */
async function leader() {
  const { defer, settle } = deferred();
  const streams: Promise<Frame[]>[] = [];
  const socket: string[] = [];
  let follow: (token: number) => void = () => undefined;
  const flights = new Flights({
    objectOf: () => ({
      board: async () => ({
        role: "leader",
        socket: {
          onFollowed: (run) => (follow = run),
          begin: () => socket.push("begun"),
          close: async () => void socket.push("closed"),
        },
      }),
      async lead(_key, _token, frames) {
        const stream = collect(frames);
        streams.push(stream);
        await stream;
      },
    }),
    pipe: () => new TransformStream<Uint8Array, Uint8Array>(),
    defer,
    onFault: () => undefined,
  });
  const input = { messages: [], parameters: {} };
  const call = { tenant_id: "ten", lane: "standard" as const, candidates: [PREFERRED], input };
  const place = await flights.board("key", 0, { ...call, signal: new AbortController().signal });
  if (place.role !== "leader") throw new Error(`boarded as ${place.role}`);
  return { lead: place.lead, follow: () => follow(1), settle, streams, socket };
}

async function collect(frames: ReadableStream<Uint8Array>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of readFrames(frames)) all.push(frame);
  return all;
}

describe("a leader", () => {
  it("sends no frames while nobody follows, and only tells that a streamed answer begins", async () => {
    const [streamed, whole] = [await leader(), await leader()];
    streamed.lead.open(PREFERRED);
    streamed.lead.say({ type: "text", text: "ab" });
    whole.lead.whole(PREFERRED, { text: "ab" });
    for (const { lead, settle } of [streamed, whole]) {
      lead.answer(answer("ab"), true);
      await settle();
    }
    expect([streamed.streams, streamed.socket]).toEqual([[], ["begun", "closed"]]);
    expect([whole.streams, whole.socket]).toEqual([[], ["closed"]]);
  });

  it("sends what there was before its first follower, then the rest, and then closes", async () => {
    const { lead, follow, settle, streams, socket } = await leader();
    lead.open(PREFERRED);
    lead.say({ type: "text", text: "a" });
    lead.say({ type: "text", text: "b" });
    follow();
    lead.say({ type: "text", text: "c" });
    lead.answer(answer("ab"), true);
    await settle();
    expect(await Promise.all(streams)).toEqual([[OPEN, text("ab"), text("c"), END]]);
    expect(socket).toEqual(["begun", "closed"]);
  });

  it("sends its whole answer to a follower of which it hears at its end", async () => {
    const { lead, follow, settle, streams } = await leader();
    lead.whole(PREFERRED, { text: "ab" });
    lead.answer(answer("ab"), true);
    follow();
    await settle();
    expect(await Promise.all(streams)).toEqual([[OPEN, text("ab"), END]]);
  });

  it("sends everything again to an object that lost it", async () => {
    const { lead, follow, settle, streams } = await leader();
    lead.open(PREFERRED);
    lead.say({ type: "text", text: "ab" });
    follow();
    follow();
    lead.answer(answer("ab"), true);
    await settle();
    expect(await streams[1]).toEqual([OPEN, text("ab"), END]);
  });
});
