/**
 * Streams as a client sees them: time to first token, gaps between chunks, and jitter, which is the
 * distance of a gap from the provider's gap. STREAM_GAP_MS is that gap; where it is unknown, the
 * stream's median gap takes its place. Needs the module k6/x/sse, which `npm run load:install`
 * builds into k6 and which a stock k6 with network access downloads.
 */
import { check } from "k6";
import exec from "k6/execution";
import { Trend } from "k6/metrics";
import type { Options } from "k6/options";
import sse from "k6/x/sse";
import { TREND_STATS } from "./lib/summary.ts";
import { BASE_URL, beginRun, bodyOf, HEADERS } from "./lib/target.ts";
import { jobAt, type Run } from "./lib/workload.ts";

export { handleSummary } from "./lib/summary.ts";

const KNOWN_GAP_MS = __ENV["STREAM_GAP_MS"] === undefined ? null : Number(__ENV["STREAM_GAP_MS"]);

const ttft = new Trend("ttft", true);
const chunkGap = new Trend("chunk_gap", true);
const chunkJitter = new Trend("chunk_jitter", true);

export const options: Options = {
  scenarios: {
    stream: {
      executor: "constant-vus",
      vus: 10,
      duration: `${Number(__ENV["STREAM_SECONDS"] ?? 15)}s`,
      gracefulStop: "10s",
    },
  },
  summaryTrendStats: TREND_STATS,
  thresholds: {
    checks: ["rate>0.99"],
    ttft: ["p(99)<5000"],
    chunk_gap: ["p(99)<2000"],
    chunk_jitter: ["p(99)<2000"],
  },
};

export const setup = beginRun;

export default function (run: Run): void {
  const job = { ...jobAt(run, "simple", exec.scenario.iterationInTest), stream: true };
  const arrivals: number[] = [];
  let ended = "";
  const sent = Date.now();
  const params = { method: "POST", headers: HEADERS, body: bodyOf(job, __ENV["STREAM_PACING"]), timeout: "35s" };
  const answer = sse.open(`${BASE_URL}/v1/executions`, params, (client) => {
    client.on("event", ({ name, elapsed_ms }) => {
      if (name === "delta") arrivals.push(elapsed_ms ?? Date.now() - sent);
      else ended = name;
    });
    client.on("error", (error) => {
      ended = error.error();
    });
  });
  check(answer, {
    "the stream is complete": ({ status }) => status === 200 && ended === "done" && arrivals.length > 0,
  });
  const [first] = arrivals;
  if (first !== undefined) ttft.add(first);
  const gaps = arrivals.slice(1).map((at, index) => at - (arrivals[index] ?? at));
  const pace = KNOWN_GAP_MS ?? [...gaps].sort((a, b) => a - b)[gaps.length >> 1] ?? 0;
  for (const gap of gaps) {
    chunkGap.add(gap);
    chunkJitter.add(Math.abs(gap - pace));
  }
}
