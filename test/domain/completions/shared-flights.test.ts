import { describe, expect, it } from "vitest";
import { encodeFrame, type Frame, readFrames } from "../../../src/domain/completions/flight-frame.ts";
import type { RemoteFlightRole } from "../../../src/domain/completions/flight.ts";
import { openFlightMemory, SharedFlights } from "../../../src/domain/completions/shared-flights.ts";
import { answer } from "../../support/answer.ts";

const { text: _text, ...bare } = answer("");
const END: Frame = { t: "answer", answer: bare, keep: true };

/** Flights whose timers run when the test says so, and that note which leaders were told. */
function sharedFlights() {
  const timers = new Set<() => void>();
  const told: number[] = [];
  const flights = new SharedFlights({
    now: () => 0,
    roll: 0,
    memory: openFlightMemory(),
    after(_ms, run) {
      timers.add(run);
      return () => void timers.delete(run);
    },
    tellLeader: (token) => told.push(token),
  });
  const board = () => flights.board("key", 60_000, "standard");
  return { flights, timers, told, board };
}

function tokenOf(boarded: RemoteFlightRole): number {
  if (boarded.role !== "leader") throw new Error(`boarded as ${boarded.role}`);
  return boarded.token;
}

async function framesOf(boarded: RemoteFlightRole): Promise<Frame[]> {
  if (boarded.role !== "follower") throw new Error(`boarded as ${boarded.role}`);
  const all: Frame[] = [];
  for await (const frame of readFrames(boarded.frames)) all.push(frame);
  return all;
}

const streamOf = (...frames: Frame[]) => new Blob(frames.map((frame) => encodeFrame(frame))).stream();

describe("shared flights", () => {
  it("tell a leader of its first follower only, and have no timers until then", async () => {
    const { flights, timers, told, board } = sharedFlights();
    const token = tokenOf(board());
    expect([timers.size, told]).toEqual([0, []]);
    const followers = [board(), board()].map(framesOf);
    expect([timers.size, told]).toEqual([1, [token]]);
    await flights.lead(token, streamOf(END));
    expect([await Promise.all(followers), timers.size]).toEqual([[[END], [END]], 0]);
  });

  it("replace a leader that was told to lead and does not", async () => {
    const { timers, board } = sharedFlights();
    const gone = tokenOf(board());
    const follower = framesOf(board());
    for (const run of timers) run();
    expect(await follower).toEqual([{ t: "lost" }]);
    expect(tokenOf(board())).not.toBe(gone);
  });

  it("replace a leader that goes before it leads, followed or not", async () => {
    const { flights, timers, board } = sharedFlights();
    flights.leave(tokenOf(board()));
    const followed = tokenOf(board());
    const follower = framesOf(board());
    flights.leave(followed);
    expect([await follower, timers.size, board().role]).toEqual([[{ t: "lost" }], 0, "leader"]);
  });

  it("let a leader send its answer that ended just before it was told of a follower", async () => {
    const { flights, board } = sharedFlights();
    const token = tokenOf(board());
    const follower = framesOf(board());
    flights.finish(token);
    await flights.lead(token, streamOf(END));
    expect(await follower).toEqual([END]);
  });

  it("forget a leader that ended and was not followed", () => {
    const { flights, told, board } = sharedFlights();
    flights.finish(tokenOf(board()));
    expect([board().role, told]).toEqual(["leader", []]);
  });

  it("end a flight as its frames say, not as the socket of its leader does", async () => {
    const { flights, board } = sharedFlights();
    const token = tokenOf(board());
    const follower = framesOf(board());
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const flight = flights.lead(token, readable);
    flights.leave(token);
    const writer = writable.getWriter();
    await writer.write(encodeFrame(END));
    await writer.close();
    await flight;
    expect(await follower).toEqual([END]);
  });

  it("take up a leader of the object's earlier life, with its lane and token", async () => {
    const { flights, told } = sharedFlights();
    flights.restore({ key: "key", lane: "batch", token: 77, begun: false });
    flights.restore({ key: "other", lane: "batch", token: 78, begun: true });
    const roles = ["key", "other"].map((key) => flights.board(key, 60_000, "high"));
    expect([roles.map(({ role }) => role), told]).toEqual([["leader", "follower"], [78]]);
    await flights.lead(78, streamOf(END));
    expect(await framesOf(roles[1] ?? { role: "alone" })).toEqual([END]);
  });
});
