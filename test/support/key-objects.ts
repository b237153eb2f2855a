import {
  claim,
  handBack,
  type IdempotencyState,
  isHeldBy,
  isSettledBy,
  settle,
} from "../../src/domain/executions/idempotency.ts";
import { createIdempotencyKeys, type IdempotencyObject } from "../../src/services/executions/idempotency-keys.ts";

/** What becomes of a call: it does not arrive, or its reply does not. */
export type Loss = "call" | "reply" | undefined;

/** Makes a call that may be lost on either way. */
export async function lossy<T>(name: string, loss: Loss, work: () => T | Promise<T>): Promise<T> {
  if (loss === "call") throw new Error(`${name} was lost`);
  const result = await work();
  if (loss === "reply") throw new Error(`the reply of ${name} was lost`);
  return result;
}

/**
 * The idempotency keys of a test over objects in memory, whose calls are lost as `lose` decides.
 */
export function openKeys(clock: { now: number }, lose: (call: string) => Loss) {
  const states = new Map<string, { state?: IdempotencyState; result: string }>();
  const faults: string[] = [];
  const objectOf = (tenantId: string, key: string): IdempotencyObject => {
    const name = `${tenantId}/${key}`;
    const kept = states.get(name) ?? { result: "" };
    states.set(name, kept);
    const ask = async <T>(call: string, work: () => T) => lossy(call, lose(call), work);
    return {
      claim: async (wanted) =>
        ask("claim", () => {
          const { verdict, next } = claim(kept.state, wanted, clock.now);
          kept.state = next ?? kept.state;
          return verdict.kind === "replay" ? { kind: "replay", result: kept.result } : verdict;
        }),
      settle: async (token, status, text, execution_id) =>
        ask("settle", () => {
          const holder = { token, execution_id };
          if (isSettledBy(kept.state, holder)) return true;
          const next = settle(kept.state, holder, status);
          if (!next) return false;
          [kept.state, kept.result] = [next, text];
          return true;
        }),
      release: async (token, execution_id) =>
        ask("release", () => {
          if (isHeldBy(kept.state, { token, execution_id })) delete kept.state;
        }),
      handBack: async (token, execution_id) =>
        ask("handBack", () => {
          kept.state = handBack(kept.state, { token, execution_id }, clock.now) ?? kept.state;
        }),
    };
  };
  const sleep = async (ms: number) => void (clock.now += ms);
  const keys = createIdempotencyKeys({
    now: () => clock.now,
    objectOf,
    sleep,
    onFault: (event) => faults.push(event),
  });
  const statusOf = (tenantId: string, key: string) => states.get(`${tenantId}/${key}`)?.state?.status;
  return { keys, faults, sleep, statusOf };
}

/** Mulberry32: numbers in [0, 1) from a seed. */
export function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
