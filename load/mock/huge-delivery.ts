import { SSE_HEADERS } from "./delivery.ts";
import type { Delivery } from "./delivery.ts";
import { writeAll } from "./pacing.ts";
import { BYTES_PER_TOKEN } from "./tokens.ts";

/** The size of a `huge` answer whose profile has no `huge_bytes`. */
export const DEFAULT_HUGE_BYTES = 2 ** 30;

const WHOLE_BLOCK = 65_536;
const DELTA_BLOCK = 16_384;
/** Marks the place of the text. No answer contains it. */
const PLACE = "\u0001";

/** Sends an answer with `huge_bytes` of text, block by block at the client's pace. */
export async function sendHuge(delivery: Delivery): Promise<void> {
  const { response, wire, reply, record, headers, stream } = delivery;
  record.status = 200;
  if (stream) {
    const script = wire.script(reply);
    response.writeHead(200, { ...headers, ...SSE_HEADERS });
    await writeAll(response, script.opening);
    await sendBlocks(delivery, DELTA_BLOCK, (size) => script.delta("x".repeat(size)));
    await writeAll(response, script.closing + script.done);
  } else {
    const [before = "", after = ""] = JSON.stringify(wire.whole(reply, PLACE)).split(JSON.stringify(PLACE));
    response.writeHead(200, { ...headers, "content-type": "application/json" });
    await writeAll(response, `${before}"`);
    await sendBlocks(delivery, WHOLE_BLOCK, (size) => "x".repeat(size));
    await writeAll(response, `"${after}`);
  }
  if (response.destroyed) return;
  delivery.release();
  response.end();
}

async function sendBlocks(delivery: Delivery, block: number, make: (size: number) => string): Promise<void> {
  const { response, record, profile } = delivery;
  const total = profile.huge_bytes ?? DEFAULT_HUGE_BYTES;
  const full = Buffer.from(make(block));
  for (let sent = 0; sent < total && !response.destroyed;) {
    const size = Math.min(block, total - sent);
    await writeAll(response, size === block ? full : make(size));
    sent += size;
    record.completion_tokens = Math.ceil(sent / BYTES_PER_TOKEN);
  }
}
