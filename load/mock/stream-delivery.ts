import { beforeFault, cutOrHang, failureOf, SSE_HEADERS } from "./delivery.ts";
import type { Delivery } from "./delivery.ts";
import { pause } from "./pacing.ts";
import type { Fault } from "./profile.ts";
import { SseSink } from "./sse-sink.ts";
import { BYTES_PER_TOKEN, splitPieces } from "./tokens.ts";
import type { StreamScript } from "./wire.ts";

/** Faults that let only a part of the text out before they strike. */
const MID_STREAM = new Set<Fault | undefined>([
  "hang_mid_stream",
  "cut_stream",
  "truncate",
  "error_in_200",
  "garbage_json",
]);

interface Playing {
  delivery: Delivery;
  script: StreamScript;
  sink: SseSink;
  sentBytes: number;
}

/** Sends the answer as server-sent events, with the fault that the profile wants in its middle or at its end. */
export async function sendStream(delivery: Delivery): Promise<void> {
  const { response, profile, record, wire } = delivery;
  const script = wire.script(delivery.reply);
  const sink = new SseSink(response, profile.chunk_bytes);
  const playing: Playing = { delivery, script, sink, sentBytes: 0 };
  const pieces = splitPieces(delivery.text);
  record.status = 200;
  response.writeHead(200, { ...delivery.headers, ...SSE_HEADERS });
  await sink.write(script.opening);
  if (profile.ttft_ms !== undefined) await pauseAfterFlush(playing, profile.ttft_ms);
  await play(playing, MID_STREAM.has(profile.fault) ? pieces.slice(0, beforeFault(profile, pieces.length)) : pieces);
  if (profile.fault === "hang_mid_stream" || profile.fault === "cut_stream") {
    await sink.flush(true);
    await cutOrHang(delivery);
    return;
  }
  await sink.write(await ending(playing, pieces));
  await sink.end(delivery.release);
}

/** What follows the text, or its first part. */
async function ending(playing: Playing, pieces: readonly string[]): Promise<string> {
  const { delivery, script } = playing;
  const { fault } = delivery.profile;
  if (fault === "truncate") return "";
  if (fault === "error_in_200") return delivery.wire.errorEvent(failureOf(delivery), delivery.requestId);
  if (fault === "no_done") return script.closing;
  if (fault === "garbage_json") {
    await playing.sink.write(script.garbage);
    await play(playing, pieces.slice(beforeFault(delivery.profile, pieces.length) + 1));
  }
  return script.closing + script.done;
}

/** Sends the pieces: at once, or at the profile's pace, measured from the first so that late timers do not add up. */
async function play(playing: Playing, pieces: readonly string[]): Promise<void> {
  const { delivery, script, sink } = playing;
  const { tokens_per_s: pace } = delivery.profile;
  if (pace === undefined) {
    await sink.write(pieces.map((piece) => script.delta(piece)).join(""));
    count(playing, pieces.join(""));
    return;
  }
  const start = performance.now() - (tokensSent(playing) * 1_000) / pace;
  for (const piece of pieces) {
    await pauseAfterFlush(playing, start + (tokensSent(playing) * 1_000) / pace - performance.now());
    if (delivery.response.destroyed) return;
    await sink.write(script.delta(piece));
    count(playing, piece);
  }
}

async function pauseAfterFlush(playing: Playing, ms: number): Promise<void> {
  if (ms <= 0) return;
  await playing.sink.flush(false);
  await pause(ms, playing.delivery.response);
}

function tokensSent(playing: Playing): number {
  return playing.sentBytes / BYTES_PER_TOKEN;
}

function count(playing: Playing, text: string): void {
  if (playing.delivery.response.destroyed) return;
  playing.sentBytes += Buffer.byteLength(text);
  playing.delivery.record.completion_tokens = Math.ceil(tokensSent(playing));
}
