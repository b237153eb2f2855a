import type { IncomingHttpHeaders } from "node:http";

import { makeAnswer } from "./answer.ts";
import type { BatchItem, ItemOutcome, ItemResult, MockBatch } from "./batch-store.ts";
import type { MockState } from "./mock-state.ts";
import { type Profile, ProfileError } from "./profile.ts";
import { takeMarkers } from "./prompt-marker.ts";
import { replyOf, textOf } from "./provider-call.ts";
import { CallRefused, type Wire } from "./wire.ts";

/** The behaviour of a batch: the profile's of its call, or that of a marker in its first item. */
export function behaviourOf(wire: Wire, headers: IncomingHttpHeaders, items: BatchItem[], profile: Profile) {
  if (profile.batch !== undefined || items[0] === undefined) return profile.batch ?? {};
  try {
    return takeMarkers(wire.read(items[0].body, headers).messages).profile?.batch ?? {};
  } catch {
    // The item's error is reported when the item is executed.
    return {};
  }
}

/** The results of a batch that has ended. */
export function resultsOf(state: MockState, batch: MockBatch): ItemResult[] {
  return state.batches.resultsOf(batch, (item, index) => answerItem(state, batch, item, index));
}

/**
 * Answers an item as the completion route would, with profiles and markers. Of a profile an item
 * only has the answer, the error status and false usage; latency and connection faults do not
 * apply.
 */
function answerItem(state: MockState, batch: MockBatch, item: BatchItem, index: number): ItemOutcome {
  const { key, headers } = batch;
  const wire = batch.itemWire ?? batch.wire;
  try {
    const asked = wire.read(item.body, headers);
    const { messages, profile: marker } = takeMarkers(asked.messages);
    const query = { seq: index + 1, key, model: asked.model, marker, header: undefined, item: true };
    const profile = state.profiles.resolve(query);
    const { status, error_code: code, error_message: message } = profile;
    if (status !== undefined && status >= 400) return { type: "errored", failure: { status, code, message } };
    const answer = makeAnswer({ ...asked, messages, fixed: textOf(profile) });
    return { type: "succeeded", body: wire.whole(replyOf(state, asked, answer, profile), answer.text) };
  } catch (error) {
    if (error instanceof CallRefused) return { type: "errored", failure: error.failure };
    if (error instanceof ProfileError) return { type: "errored", failure: { status: 400, message: error.message } };
    throw error;
  }
}
