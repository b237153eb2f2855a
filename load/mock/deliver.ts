import { endWith, failureOf, sendError } from "./delivery.ts";
import type { Delivery, FaultDelivery } from "./delivery.ts";
import { sendHuge } from "./huge-delivery.ts";
import { closed, pause } from "./pacing.ts";
import { sendStream } from "./stream-delivery.ts";
import { sendWhole } from "./whole-delivery.ts";

const HTML_PAGE =
  "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n<hr><center>mock</center>\r\n</body>\r\n</html>\r\n";

/** Sends an answer with its profile's behaviour. Resolves at its end or when the client leaves. */
export async function deliver(delivery: Delivery): Promise<void> {
  if (await deliverInPlace(delivery)) return;
  if (delivery.profile.fault === "huge") await sendHuge(delivery);
  else if (delivery.stream) await sendStream(delivery);
  else await sendWhole(delivery);
}

/**
 * Waits for the profile's delay and sends what it wants in place of an answer. Resolves with
 * whether the call is over.
 */
export async function deliverInPlace(delivery: FaultDelivery): Promise<boolean> {
  const { profile, response, record } = delivery;
  const failing = profile.status !== undefined && profile.status !== 200;
  record.fault = profile.fault ?? (failing ? "status" : null);
  if (profile.delay_ms !== undefined) await pause(profile.delay_ms, response);
  if (response.destroyed) return true;
  if (profile.fault === "hang_before_headers") await closed(response);
  else if (profile.fault === "html") endWith(delivery, failing ? (profile.status ?? 200) : 200, "text/html", HTML_PAGE);
  else if (failing && profile.fault !== "error_in_200" && profile.fault !== "huge") sendProfileError(delivery);
  else return false;
  return true;
}

/** Sends the profile's error with its retry-after headers. */
export function sendProfileError(delivery: FaultDelivery): void {
  const { retry_after: after, retry_after_ms: afterMs, fault } = delivery.profile;
  const extra: Record<string, string> = {};
  if (after !== undefined) extra["retry-after"] = after;
  if (afterMs !== undefined) extra["retry-after-ms"] = `${afterMs}`;
  const failure = failureOf(delivery);
  if (fault === "garbage_json") endWith(delivery, failure.status, "application/json", '{"error":{"message":', extra);
  else sendError(delivery, failure, extra);
}
