import { describe, expect, it } from "vitest";
import { BodyRoom } from "../../src/middleware/body-room.ts";

const MIB = 1024 * 1024;
const STILL = () => 0;

describe("the room for large bodies", () => {
  it("is full for what comes on top, until a body is given back", () => {
    const room = new BodyRoom(4 * MIB, STILL);
    const [first, second] = [room.open(), room.open()];
    first.grow(3 * MIB);
    const error = { code: "provider_overloaded", retryable: true, retryAfterMs: 1_000 };
    expect(() => second.grow(2 * MIB)).toThrow(expect.objectContaining(error));
    second.grow(MIB);
    first.release();
    second.grow(4 * MIB);
  });

  it("counts a body that grows once, and gives it back once", () => {
    const room = new BodyRoom(4 * MIB, STILL);
    const [first, second, third] = [room.open(), room.open(), room.open()];
    for (const bytes of [MIB, 2 * MIB, 2 * MIB, MIB]) first.grow(bytes);
    second.grow(2 * MIB);
    for (let times = 0; times < 2; times++) first.release();
    third.grow(2 * MIB);
    expect(() => first.grow(MIB)).toThrow("Too many large bodies");
  });

  it("has place for any number of small bodies", () => {
    const room = new BodyRoom(MIB, STILL);
    for (let count = 0; count < 1_000; count++) room.open().grow(256 * 1024);
    expect(() => room.open().grow(MIB)).not.toThrow();
  });

  it("takes back what a request held that was cut off", () => {
    let now = 1_000;
    const room = new BodyRoom(4 * MIB, () => now);
    room.open().grow(4 * MIB);
    now += 359_000;
    expect(() => room.open().grow(MIB)).toThrow("Too many large bodies");
    now += 2_000;
    expect(() => room.open().grow(4 * MIB)).not.toThrow();
  });
});
