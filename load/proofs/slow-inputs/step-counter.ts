import { type Profiler, Session } from "node:inspector";
import { setFlagsFromString } from "node:v8";

/** Node's own modules, the runner of the tests and this file: they run beside the work. */
const NOT_COUNTED = /^node:|\/node_modules\/vitest\/|\/step-counter\.ts$/;

/** Counts what code does, in a unit that is the same on every machine and under every load. */
export interface StepCounter {
  /**
   * Runs the work and returns how many blocks of JavaScript it entered: bodies of functions and
   * loops, branches. What the engine does within one call, such as a regular expression, is one
   * step. An error is an answer, too.
   */
  count(work: () => unknown): Promise<number>;
  /** Lets the code of this thread run at its full speed again. */
  stop(): void;
}

/** What would leave functions uncounted: compilers that put one into another, and late counters. */
const WITHOUT = ["opt", "maglev", "lazy-feedback-allocation"];

/** Counts by the block coverage of V8, of this thread, in the scripts whose URL is counted. */
export function createStepCounter(isCounted: (url: string) => boolean = (url) => !NOT_COUNTED.test(url)): StepCounter {
  for (const flag of WITHOUT) setFlagsFromString(`--no-${flag}`);
  const session = new Session();
  session.connect();
  session.post("Profiler.enable");
  session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: true });
  takeSteps(session, isCounted);
  return {
    async count(work) {
      try {
        await work();
      } catch {
        // The input is refused: that, too, takes steps.
      }
      return takeSteps(session, isCounted);
    },
    stop() {
      session.disconnect();
      for (const flag of WITHOUT) setFlagsFromString(`--${flag}`);
    },
  };
}

/** The blocks entered since it was asked last. */
function takeSteps(session: Session, isCounted: (url: string) => boolean): number {
  let scripts: readonly Profiler.ScriptCoverage[] = [];
  session.post("Profiler.takePreciseCoverage", (error, { result }) => {
    if (error !== null) throw error;
    scripts = result;
  });
  let steps = 0;
  for (const { url, functions } of scripts) {
    if (!isCounted(url)) continue;
    for (const { ranges } of functions) {
      for (const { count } of ranges) steps += count;
    }
  }
  return steps;
}
