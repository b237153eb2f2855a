import { usageOf } from "../../../scripts/process-usage.ts";
import { withCleanup } from "../../harness/cleanup.ts";
import { runClosedLoop } from "../../harness/closed-loop.ts";
import { freePort } from "../../harness/free-port.ts";
import { startMock } from "../../harness/mock.ts";
import { collectHeap } from "../../proofs/memory/heap.ts";
import { pbtEdgeEngine } from "../targets/pbt-edge.ts";
import type { Form, Target } from "../targets/target.ts";

/** The forms of answers under a steady load, in turns. */
const FORMS: readonly Form[] = ["whole", "stream", "hit", "miss"];
const CONNECTIONS = 32;
/** The provider's time, which keeps the load below what the engine could take. */
const PROVIDER_MS = 100;
const PERIOD_MS = 30_000;
const MIB = 2 ** 20;
/** A whole answer, or the end of a stream. */
const ANSWER = /^\{.*\[mock |^event: done/ms;

/** The engine's name for the isolate of the Worker. */
const ISOLATE = "main";

/** What the serving process has in memory, bytes. */
interface Memory {
  /** Of the process, garbage included. */
  resident: number;
  /** In use of the JavaScript heap once garbage is collected: the Worker and its objects. */
  heap: number;
}

/**
 * Loads the runtime on the engine alone for some seconds, with all forms of answers mixed, and
 * prints its memory each half minute. Returns whether every request was answered.
 */
export async function soak(seconds: number): Promise<boolean> {
  if (!(seconds > 0)) throw new Error("--soak must be a number over 0");
  return withCleanup(async (stopLater) => {
    const inspectorPort = await freePort();
    const mock = stopLater(await startMock());
    await mock.profile({ default: { delay_ms: PROVIDER_MS, ttft_ms: PROVIDER_MS } });
    const target = stopLater(await pbtEdgeEngine(mock, { inspectorPort }));
    const samples: Memory[] = [];
    let failed = 0;
    console.log(HEADINGS.join("  "));
    for (let at = PERIOD_MS; at < seconds * 1000 + PERIOD_MS; at += PERIOD_MS) {
      const result = await loadOnce(target, at / 1000);
      const memory = await memoryOf(target, `ws://127.0.0.1:${inspectorPort}/`);
      samples.push(memory);
      failed += result.failed;
      console.log(row([at / 1000, result.requests, result.failed, inMiB(memory.resident), inMiB(memory.heap)]));
      if (result.failure !== null) console.log(`failed: ${result.failure}`);
    }
    console.log(growthOf(samples));
    return failed === 0;
  });
}

const HEADINGS = ["seconds", "requests", "failed", "resident MiB", "heap in use MiB"];

function row(figures: readonly (string | number)[]): string {
  return figures.map((figure, at) => String(figure).padStart(HEADINGS[at]?.length ?? 0)).join("  ");
}

async function loadOnce(target: Target, until: number) {
  return runClosedLoop({
    url: target.url,
    connections: CONNECTIONS,
    durationMs: PERIOD_MS,
    request: (n) => {
      const form = FORMS[n % FORMS.length] ?? "whole";
      return target.request(form === "hit" ? "What is known?" : `What is ${n} before ${until}?`, form);
    },
    answer: ANSWER,
  });
}

async function memoryOf({ url, pid }: Target, inspectorUrl: string): Promise<Memory> {
  const heap = await collectHeap(url, inspectorUrl, ISOLATE);
  return { resident: (pid !== null && usageOf(pid)?.rssBytes) || Number.NaN, heap };
}

/** The growth since the first half minute, in which the memory tiers fill up. */
function growthOf(samples: readonly Memory[]): string {
  const [first, last] = [samples[0], samples.at(-1)];
  if (!first || !last) return "";
  const times = (figure: keyof Memory) => (last[figure] / first[figure]).toFixed(2);
  return `last ÷ first half minute: resident ${times("resident")}, heap in use ${times("heap")}`;
}

function inMiB(bytes: number): string {
  return (bytes / MIB).toFixed(1);
}
