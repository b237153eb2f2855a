import type { ServerResponse } from "node:http";

import type { CallRecord } from "./call-record.ts";
import { closed } from "./pacing.ts";
import type { Profile } from "./profile.ts";
import type { Wire, WireFailure, WireReply } from "./wire.ts";

/** An answer and everything that is needed to send it. */
export interface Delivery {
  response: ServerResponse;
  wire: Wire;
  profile: Profile;
  stream: boolean;
  text: string;
  /** The true number of tokens of `text`. */
  tokens: number;
  reply: WireReply;
  headers: Record<string, string>;
  requestId: string;
  record: CallRecord;
  /** Frees the key's slot. Called when the last byte is written. */
  release: () => void;
}

/** What is needed to send an error. */
export type ErrorDelivery = Pick<Delivery, "response" | "wire" | "headers" | "requestId" | "record" | "release">;

/** What is needed to send an answer that the profile may break. */
export type FaultDelivery = ErrorDelivery & Pick<Delivery, "profile">;

/** Headers of an event stream. */
export const SSE_HEADERS = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-cache",
  "x-accel-buffering": "no",
};

/** Sends an error in the provider's format. */
export function sendError(delivery: ErrorDelivery, failure: WireFailure, extra: Record<string, string> = {}): void {
  const body = JSON.stringify(delivery.wire.error(failure, delivery.requestId));
  endWith(delivery, failure.status, "application/json", body, extra);
}

/** The failure that a profile describes. */
export function failureOf(delivery: FaultDelivery): WireFailure {
  const { status, error_code: code, error_message: message } = delivery.profile;
  return { status: status === undefined || status === 200 ? delivery.wire.hiddenStatus : status, code, message };
}

/** How many of `length` units are sent before a fault in the middle: at least one. */
export function beforeFault(profile: Profile, length: number): number {
  return Math.max(1, Math.floor(length * (profile.fault_at ?? 0.5)));
}

/** Ends a broken body: destroys the socket, or keeps it open until the client leaves. */
export async function cutOrHang(delivery: FaultDelivery): Promise<void> {
  const { fault } = delivery.profile;
  if (fault === "hang_mid_stream" || fault === "stay_open") {
    await closed(delivery.response);
    return;
  }
  delivery.release();
  delivery.response.destroy();
}

/** Sends a whole body with its length and ends the call. */
export function endWith(
  delivery: ErrorDelivery,
  status: number,
  type: string,
  body: string | Buffer,
  extra: Record<string, string> = {},
): void {
  delivery.record.status = status;
  delivery.response.writeHead(status, {
    ...delivery.headers,
    "content-type": type,
    "content-length": `${Buffer.byteLength(body)}`,
    ...extra,
  });
  delivery.release();
  delivery.response.end(body);
}
