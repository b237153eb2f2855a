import { randomBytes } from "node:crypto";

import { BatchStore } from "./batch-store.ts";
import { CallLog } from "./call-log.ts";
import { KeptResponses } from "./kept-responses.ts";
import { Limiter } from "./limits.ts";
import { ProfileStore } from "./profile-store.ts";
import { RequestLog } from "./request-log.ts";

/** The state that all calls share. */
export interface MockState {
  /** Milliseconds since the epoch. */
  clock: () => number;
  profiles: ProfileStore;
  limits: Limiter;
  log: CallLog;
  requests: RequestLog;
  batches: BatchStore;
  responses: KeptResponses;
  /** Makes an id that no other run makes. */
  newId: () => string;
}

/** The initial state. `seed` decides which calls a profile's `rate` hits and which items fail. */
export function createState(clock: () => number, seed: number): MockState {
  const run = randomBytes(6).toString("hex");
  let ids = 0;
  return {
    clock,
    profiles: new ProfileStore(seed),
    limits: new Limiter(clock),
    log: new CallLog(clock),
    requests: new RequestLog(),
    batches: new BatchStore(clock, seed),
    responses: new KeptResponses(),
    newId: () => `${run}${(++ids).toString(16).padStart(12, "0")}`,
  };
}

/** Resets profiles, limits, logs, totals, files, batches and responses. */
export function resetState(state: MockState): void {
  state.profiles.configure({});
  state.limits.reset();
  state.log.reset();
  state.requests.reset();
  state.batches.reset();
  state.responses.reset();
}
