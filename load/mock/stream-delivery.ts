import { beforeFault, cutOrHang, failureOf, SSE_HEADERS } from "./delivery.ts";
import type { Delivery } from "./delivery.ts";
import { withExtras } from "./with-extras.ts";
import { pause } from "./pacing.ts";
import type { Fault } from "./profile.ts";
import { SseSink } from "./sse-sink.ts";
import { BYTES_PER_TOKEN, splitPieces } from "./tokens.ts";
import type { StreamScript } from "./wire.ts";

/** Faults before which only a part of the text is sent. */
const MID_STREAM = new Set<Fault | undefined>([
  "hang_mid_stream",
  "cut_stream",
  "truncate",
  "error_in_200",
  "garbage_json",
]);

interface StreamInProgress {
  delivery: Delivery;
  script: StreamScript;
  sink: SseSink;
  sentBytes: number;
}

/** Sends an answer as server-sent events, with the profile's fault in its middle or at its end. */
export async function sendStream(delivery: Delivery): Promise<void> {
  const { response, profile, record, wire } = delivery;
  const script = withExtras(wire.script(delivery.reply), profile);
  const sink = new SseSink(response, profile.chunk_bytes);
  const progress: StreamInProgress = { delivery, script, sink, sentBytes: 0 };
  const pieces = splitPieces(delivery.text);
  record.status = 200;
  response.writeHead(200, { ...delivery.headers, ...SSE_HEADERS });
  await sink.write(script.opening);
  if (profile.ttft_ms !== undefined) await pauseAfterFlush(progress, profile.ttft_ms);
  await play(progress, MID_STREAM.has(profile.fault) ? pieces.slice(0, beforeFault(profile, pieces.length)) : pieces);
  if (profile.fault === "hang_mid_stream" || profile.fault === "cut_stream") {
    await sink.flush(true);
    await cutOrHang(delivery);
    return;
  }
  await sink.write(await ending(progress, pieces));
  if (profile.fault === undefined) countSilence(progress);
  if (profile.fault === "stay_open") {
    await sink.flush(true);
    await cutOrHang(delivery);
    return;
  }
  await sink.end(delivery.release);
}

/** The events after the text, or after its first part. */
async function ending(progress: StreamInProgress, pieces: readonly string[]): Promise<string> {
  const { delivery, script } = progress;
  const { fault } = delivery.profile;
  if (fault === "truncate") return "";
  if (fault === "error_in_200") return delivery.wire.errorEvent(failureOf(delivery), delivery.requestId);
  if (fault === "no_done" || fault === "stay_open") return script.closing;
  if (fault === "garbage_json") {
    const at = beforeFault(delivery.profile, pieces.length);
    await progress.sink.write(script.garbage);
    // The model has said the piece that its event lost.
    count(progress, pieces[at] ?? "");
    await play(progress, pieces.slice(at + 1));
  }
  return script.closing + script.done;
}

/** A model that only calls tools is paid for it, although it says nothing. */
function countSilence({ delivery: { text, tokens, record } }: StreamInProgress): void {
  if (text === "") record.completion_tokens = tokens;
}

/**
 * Sends the pieces at once or at the profile's pace. The pace is measured from the first piece, so
 * that late timers do not add up.
 */
async function play(progress: StreamInProgress, pieces: readonly string[]): Promise<void> {
  const { delivery, script, sink } = progress;
  const { tokens_per_s: pace } = delivery.profile;
  if (pace === undefined) {
    await sink.write(pieces.map((piece) => script.delta(piece)).join(""));
    count(progress, pieces.join(""));
    return;
  }
  const start = performance.now() - (tokensSent(progress) * 1_000) / pace;
  for (const piece of pieces) {
    await pauseAfterFlush(progress, start + (tokensSent(progress) * 1_000) / pace - performance.now());
    if (delivery.response.destroyed) return;
    await sink.write(script.delta(piece));
    count(progress, piece);
  }
}

async function pauseAfterFlush(progress: StreamInProgress, ms: number): Promise<void> {
  if (ms <= 0) return;
  await progress.sink.flush(false);
  await pause(ms, progress.delivery.response);
}

function tokensSent(progress: StreamInProgress): number {
  return progress.sentBytes / BYTES_PER_TOKEN;
}

function count(progress: StreamInProgress, text: string): void {
  if (progress.delivery.response.destroyed) return;
  progress.sentBytes += Buffer.byteLength(text);
  progress.delivery.record.completion_tokens = Math.ceil(tokensSent(progress));
}
