import { SlidingWindow } from "../../mock/sliding-window.ts";
import type { KeyLimits } from "../../../src/domain/gate/protocol/messages.ts";

/** What a provider saw of a key. `over` counts the calls beyond each limit. */
export interface Seen {
  calls: number;
  tokens: number;
  over: { requests: number; tokens: number; concurrency: number };
  most_at_a_time: number;
}

/**
 * A provider that checks every key's limits by an exact sliding window and counts each call that
 * breaks one. It accepts every call, so that one fault does not hide the next.
 */
export interface StrictProvider {
  begin(key: string, tokens: number, now: number): void;
  end(key: string): void;
  seen(key: string): Seen;
}

/**
 * Builds a provider with the limits of `keys`. A call beyond the `concurrency` of all keys together
 * counts as over its key's concurrency.
 */
export function createStrictProvider(keys: readonly KeyLimits[], concurrency: number): StrictProvider {
  const states = new Map(
    keys.map((limits) => {
      const seen: Seen = { calls: 0, tokens: 0, over: { requests: 0, tokens: 0, concurrency: 0 }, most_at_a_time: 0 };
      return [limits.name, { limits, seen, requests: new SlidingWindow(), tokens: new SlidingWindow(), inFlight: 0 }];
    }),
  );
  let inFlight = 0;
  const stateOf = (key: string) => {
    const state = states.get(key);
    if (!state) throw new Error(`a call with an unknown key: ${key}`);
    return state;
  };
  return {
    begin(key, tokens, now) {
      const state = stateOf(key);
      const { limits, seen } = state;
      if (state.requests.waitFor(1, limits.rpm ?? Infinity, now) > 0) seen.over.requests += 1;
      if (state.tokens.waitFor(tokens, limits.tpm ?? Infinity, now) > 0) seen.over.tokens += 1;
      if (state.inFlight >= (limits.max_concurrency ?? Infinity) || inFlight >= concurrency) seen.over.concurrency += 1;
      state.requests.add(now, 1);
      state.tokens.add(now, tokens);
      state.inFlight += 1;
      inFlight += 1;
      seen.most_at_a_time = Math.max(seen.most_at_a_time, state.inFlight);
      seen.calls += 1;
      seen.tokens += tokens;
    },
    end(key) {
      stateOf(key).inFlight -= 1;
      inFlight -= 1;
    },
    seen: (key) => stateOf(key).seen,
  };
}
