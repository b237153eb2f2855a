import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, it } from "vitest";
import { flightObject } from "../../src/deps/flight-object.ts";
import { type Frame, readFrames } from "../../src/domain/completions/flight-frame.ts";
import { AppError } from "../../src/domain/errors.ts";
import type { Lane } from "../../src/domain/lane.ts";
import { type FlightPlace, Flights, type Lead } from "../../src/services/completions/flights.ts";
import { answer } from "../support/answer.ts";

const MODEL = { provider: "openai" as const, model: "gpt-4o-mini" };
const OPEN: Frame = { t: "open", ...MODEL };
const { text: _text, ...bare } = answer("ab");
const END: Frame = { t: "answer", answer: bare, keep: true };
const text = (piece: string): Frame => ({ t: "text", text: piece });

/** The flights of an isolate over one real object, with a count of the streams that leaders send. */
function isolate(name: string) {
  const stub = env.SINGLE_FLIGHT.getByName(`boarding/${name}`);
  const faults: unknown[] = [];
  const work: Promise<unknown>[] = [];
  let sent = 0;
  const object = flightObject(stub);
  const flights = new Flights({
    objectOf: () => ({
      board: async (boarding) => object.board(boarding),
      async lead(...frames) {
        sent += 1;
        return object.lead(...frames);
      },
    }),
    pipe: () => new IdentityTransformStream(),
    defer: (each) => void work.push(each),
    onFault: (error) => faults.push(error),
  });
  const board = async (lane: Lane = "standard") => {
    const input = { messages: [], parameters: {} };
    const call = { tenant_id: "ten", lane, candidates: [MODEL], input, signal: new AbortController().signal };
    return flights.board("key", 60_000, call);
  };
  return { stub, faults, board, settle: async () => Promise.all(work), sent: () => sent };
}

function leadOf(place: FlightPlace): Lead {
  if (place.role !== "leader") throw new Error(`boarded as ${place.role}`);
  return place.lead;
}

async function framesOf(place: FlightPlace): Promise<Frame[]> {
  if (place.role !== "follower") throw new Error(`boarded as ${place.role}`);
  const all: Frame[] = [];
  for await (const frame of place.frames) all.push(frame);
  return all;
}

describe("a leader that nobody follows", () => {
  it("sends no frames, and ends its flight", async () => {
    const { stub, board, settle, sent, faults } = isolate("unshared");
    const lead = leadOf(await board());
    lead.open(MODEL);
    lead.say({ type: "text", text: "ab" });
    lead.answer(answer("ab"), true);
    await settle();
    expect([sent(), faults, await socketsOf(stub)]).toEqual([0, [], []]);
    expect((await board()).role).toBe("leader");
  });

  it("is followed by a caller that comes after the object hibernated", async () => {
    const { stub, board, settle, sent } = isolate("asleep");
    const lead = leadOf(await board());
    lead.open(MODEL);
    lead.say({ type: "text", text: "a" });
    await evictDurableObject(stub);
    const follower = framesOf(await board());
    lead.say({ type: "text", text: "b" });
    lead.answer(answer("ab"), true);
    await settle();
    expect((await follower).map(({ t }) => t).at(0)).toBe("open");
    expect(textOf(await follower)).toBe("ab");
    expect([(await follower).at(-1), sent()]).toEqual([END, 1]);
  });

  it("is followed by a more urgent caller only once its answer has begun, also after hibernation", async () => {
    const { stub, board } = isolate("lanes");
    const slow = leadOf(await board("batch"));
    await evictDurableObject(stub);
    const urgent = leadOf(await board("high"));
    urgent.fail(new AppError("timeout", "own"), true);
    await expect.poll(async () => socketsOf(stub)).toMatchObject([{ lane: "batch", begun: false }]);
    slow.open(MODEL);
    await expect.poll(async () => socketsOf(stub)).toMatchObject([{ lane: "batch", begun: true }]);
    await evictDurableObject(stub);
    const follower = framesOf(await board("high"));
    slow.answer(answer(""), true);
    expect((await follower).map(({ t }) => t)).toEqual(["open", "answer"]);
  });
});

describe("a leader that is followed", () => {
  it("sends what there is so far to the first follower, and all followers get the rest as it comes", async () => {
    const { board, settle, sent, stub } = isolate("shared");
    const lead = leadOf(await board());
    lead.open(MODEL);
    lead.say({ type: "text", text: "a" });
    const first = framesOf(await board());
    const second = framesOf(await board());
    lead.say({ type: "text", text: "b" });
    lead.answer(answer("ab"), true);
    await settle();
    // The answer of a flight that was followed serves those who come just after.
    const frames = [await first, await second, await framesOf(await board())];
    expect(frames.map(textOf)).toEqual(["ab", "ab", "ab"]);
    expect(frames.map((all) => all.at(-1))).toEqual([END, END, END]);
    expect([sent(), (await stub.join("key", 60_000)).role]).toEqual([1, "follower"]);
  });

  it("is replaced when its socket breaks", async () => {
    const { stub, board } = isolate("gone");
    const boarding = "https://flight/?key=key&max_age_ms=60000&lane=standard";
    const { webSocket } = await stub.fetch(boarding, { headers: { upgrade: "websocket" } });
    webSocket?.accept();
    const follower = framesOf(await board());
    webSocket?.close(1011, "crashed");
    expect(await follower).toEqual([{ t: "lost" }]);
    expect((await board()).role).toBe("leader");
  });
});

describe("callers of the release before, which send their frames at once", () => {
  it("follow a leader of this one", async () => {
    const { stub, board, settle } = isolate("old-follower");
    const lead = leadOf(await board());
    const joined = await stub.join("key", 60_000);
    if (joined.role !== "follower") throw new Error(`joined as ${joined.role}`);
    lead.whole(MODEL, { text: "ab" });
    lead.answer(answer("ab"), true);
    await settle();
    const frames: Frame[] = [];
    for await (const frame of readFrames(joined.frames)) frames.push(frame);
    expect(frames).toEqual([OPEN, text("ab"), END]);
  });

  it("lead followers of this one", async () => {
    const { stub, board } = isolate("old-leader");
    const joined = await stub.join("key", 60_000);
    if (joined.role !== "leader") throw new Error(`joined as ${joined.role}`);
    const follower = framesOf(await board());
    const frames = new Blob([`${JSON.stringify(OPEN)}\n${JSON.stringify(END)}\n`]).stream();
    await stub.lead("key", joined.token, frames);
    expect(await follower).toEqual([OPEN, END]);
  });
});

/** What is attached to the open sockets of leaders. */
async function socketsOf(stub: ReturnType<typeof isolate>["stub"]): Promise<unknown[]> {
  return runInDurableObject(stub, (_object, state) =>
    state.getWebSockets().map((socket) => socket.deserializeAttachment() as unknown),
  );
}

function textOf(frames: readonly Frame[]): string {
  return frames.map((frame) => (frame.t === "text" ? frame.text : "")).join("");
}
