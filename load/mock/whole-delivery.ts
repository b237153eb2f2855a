import { beforeFault, cutOrHang, endWith, failureOf } from "./delivery.ts";
import type { Delivery, FaultDelivery } from "./delivery.ts";
import { pause, writeThrough } from "./pacing.ts";

/** Sends an answer as one JSON body, with the profile's fault. */
export async function sendWhole(delivery: Delivery): Promise<void> {
  const { profile, response, record, tokens } = delivery;
  const wait =
    (profile.ttft_ms ?? 0) + (profile.tokens_per_s === undefined ? 0 : (tokens * 1_000) / profile.tokens_per_s);
  if (wait > 0) await pause(wait, response);
  if (response.destroyed) return;
  if (profile.fault === "error_in_200") {
    const body = delivery.wire.error(failureOf(delivery), delivery.requestId);
    endWith(delivery, 200, "application/json", JSON.stringify(body));
    return;
  }
  record.completion_tokens = tokens;
  const body = { ...delivery.wire.whole(delivery.reply, delivery.text), ...profile.extra_fields };
  await sendBody(delivery, "application/json", Buffer.from(JSON.stringify(body)));
}

/** Sends a body with the profile's fault. */
export async function sendBody(delivery: FaultDelivery, type: string, body: Buffer): Promise<void> {
  const { profile } = delivery;
  const part = body.subarray(0, beforeFault(profile, body.length));
  if (profile.fault === "truncate") endWith(delivery, 200, type, part);
  else if (profile.fault === "garbage_json") {
    endWith(delivery, 200, type, `${body.toString("utf8", 0, part.length)}}{"`);
  } else if (profile.fault === "cut_stream" || profile.fault === "hang_mid_stream")
    await sendPart(delivery, type, body, part);
  else endWith(delivery, 200, type, body);
}

/** Announces the length of the whole body and sends a part of it. */
async function sendPart(delivery: FaultDelivery, type: string, body: Buffer, part: Buffer): Promise<void> {
  const { headers, response, record } = delivery;
  record.status = 200;
  response.writeHead(200, { ...headers, "content-type": type, "content-length": `${body.length}` });
  await writeThrough(response, part);
  await cutOrHang(delivery);
}
