import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Flight, type Follower } from "../../../src/domain/completions/flight.ts";

const LIMITS = { waiters: 3, bytes: 100, lingerMs: 10 };
const bytes = (text: string) => new TextEncoder().encode(text);

function lead(flight: Flight, now = 0): number {
  const joined = flight.join(now, Infinity);
  if (joined.role !== "leader") throw new Error(`joined as ${joined.role}`);
  return joined.token;
}

function follow(flight: Flight, now = 0, maxAgeMs = Infinity): Follower {
  const joined = flight.join(now, maxAgeMs);
  if (joined.role !== "follower") throw new Error(`joined as ${joined.role}`);
  return joined.follower;
}

async function all(follower: Follower): Promise<string> {
  let text = "";
  for (let chunk = await follower.next(); chunk; chunk = await follower.next()) text += new TextDecoder().decode(chunk);
  return text;
}

describe("a flight", () => {
  it("lets the first lead, and gives the others its bytes as they come", async () => {
    const flight = new Flight(LIMITS);
    const token = lead(flight);
    const follower = follow(flight);
    const first = follower.next();
    flight.append(token, bytes("a"));
    expect(new TextDecoder().decode((await first) ?? undefined)).toBe("a");
    const rest = all(follower);
    flight.append(token, bytes("b"));
    flight.end(token, "kept", 0);
    expect(await rest).toBe("b");
  });

  it("gives a late joiner what came before it first, and one who comes just after the landing the whole", async () => {
    const flight = new Flight(LIMITS);
    const token = lead(flight);
    flight.append(token, bytes("a"));
    const late = all(follow(flight));
    flight.append(token, bytes("b"));
    flight.end(token, "kept", 5);
    expect(await late).toBe("ab");
    expect(await all(follow(flight, 15))).toBe("ab");
    expect(flight.join(16, Infinity).role).toBe("leader");
  });

  it("gives a landed answer to nobody who wants a younger one", () => {
    const flight = new Flight(LIMITS);
    flight.end(lead(flight), "kept", 0);
    expect(flight.join(3, 2).role).toBe("leader");
  });

  it.each(["ended", "lost"] as const)(
    "starts anew after a flight that %s, and tells the followers last words",
    async (how) => {
      const flight = new Flight(LIMITS);
      const token = lead(flight);
      const follower = all(follow(flight));
      flight.end(token, how, 0, bytes("end"));
      expect(await follower).toBe("end");
      const next = lead(flight);
      expect([flight.isLedBy(token), flight.isLedBy(next)]).toEqual([false, true]);
    },
  );

  it("drops what comes with an old token", async () => {
    const flight = new Flight(LIMITS);
    const old = lead(flight);
    flight.end(old, "lost", 0);
    const token = lead(flight);
    const follower = all(follow(flight));
    flight.append(old, bytes("x"));
    flight.end(old, "kept", 0, bytes("x"));
    flight.append(token, bytes("y"));
    flight.end(token, "kept", 0);
    expect(await follower).toBe("y");
  });

  it("lets those beyond its bound go alone, and takes others when some have left", async () => {
    const flight = new Flight(LIMITS);
    lead(flight);
    const followers = [follow(flight), follow(flight), follow(flight)];
    expect([flight.join(0, Infinity).role, flight.followers]).toEqual(["alone", 3]);
    const waiting = followers[0]?.next();
    followers[0]?.leave();
    followers[0]?.leave();
    expect(await waiting).toBeNull();
    expect([flight.followers, flight.join(0, Infinity).role]).toEqual([2, "follower"]);
  });

  it("refuses bytes beyond its bound", () => {
    const flight = new Flight(LIMITS);
    const token = lead(flight);
    expect([flight.append(token, new Uint8Array(60)), flight.append(token, new Uint8Array(41))]).toEqual([true, false]);
  });

  it("gives every follower the same bytes, whenever it joins and however it reads", async () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant("append" as const), text: fc.string({ minLength: 1, maxLength: 3 }) }),
      fc.record({ kind: fc.constant("join" as const), reads: fc.nat({ max: 4 }) }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 30 }), async (steps) => {
        const flight = new Flight({ waiters: 100, bytes: 10_000, lingerMs: 0 });
        const token = lead(flight);
        let said = "";
        const followers: Promise<string>[] = [];
        for (const each of steps) {
          if (each.kind === "append") {
            said += each.text;
            flight.append(token, bytes(each.text));
          } else followers.push(all(follow(flight)));
        }
        flight.end(token, "kept", 0);
        const texts = await Promise.all(followers);
        expect(texts.every((text) => text === new TextDecoder().decode(bytes(said)))).toBe(true);
        expect(flight.followers).toBe(0);
      }),
      { seed: 4, numRuns: 200 },
    );
  });
});
