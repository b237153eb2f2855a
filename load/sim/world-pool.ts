import { type ChildProcess, fork } from "node:child_process";
import { join } from "node:path";
import type { FinishedJob, WorldJob } from "./world-jobs.ts";

const PROGRAM = join(import.meta.dirname, "world-process.ts");

/** The flags of this process that a world needs, too: much is garbage at once. */
const HEAP_FLAGS = process.execArgv.filter((flag) => flag.startsWith("--max-semi-space-size"));

/** What a process answers. */
interface Answer {
  finished?: FinishedJob;
  error?: string;
}

/**
 * Simulates worlds in `processes` processes, one world at a time in each: a world replaces the
 * timers of its process. Returns them in the order of the jobs. The seed of a job alone decides
 * what it gives, and not who runs it when.
 */
export async function runJobs(
  jobs: readonly WorldJob[],
  { processes, onFinished }: { processes: number; onFinished: (finished: FinishedJob) => void },
): Promise<FinishedJob[]> {
  const finished: FinishedJob[] = [];
  const waiting = [...jobs.entries()];
  const work = async () => {
    const child = fork(PROGRAM, { serialization: "advanced", execArgv: HEAP_FLAGS });
    try {
      for (let next = waiting.shift(); next; next = waiting.shift()) {
        const [at, job] = next;
        const done = await ask(child, job);
        finished[at] = done;
        onFinished(done);
      }
    } finally {
      child.disconnect();
    }
  };
  await Promise.all(Array.from({ length: Math.min(processes, jobs.length) }, work));
  return finished;
}

async function ask(child: ChildProcess, job: WorldJob): Promise<FinishedJob> {
  return new Promise((resolve, reject) => {
    const onExit = (code: number | null) => reject(new Error(`${job.plan.name}: its process ended with ${code}`));
    child.once("exit", onExit);
    child.once("message", ({ finished, error }: Answer) => {
      child.off("exit", onExit);
      if (finished) resolve(finished);
      else reject(new Error(`${job.plan.name}: ${error}`));
    });
    child.send(job);
  });
}
