import type { BatchProvider, BatchLineResult } from "../../src/providers/batch-provider.ts";
import type { ProviderBatchDeps } from "../../src/services/batches/provider-batch-work.ts";

/** The process has died: its later calls have no effect. */
export class Crash extends Error {}

/**
 * Dependencies of a process that dies after its n-th step took effect and before the step returns.
 * A step is a call to the store, the provider or the recorder, or a result that is read.
 */
export function crashAt(deps: ProviderBatchDeps, step: number) {
  let steps = 0;
  let dead = false;
  async function mortal<T>(work: () => Promise<T>): Promise<T> {
    if (dead) throw new Crash();
    steps += 1;
    const last = steps === step;
    const done = await work();
    dead ||= last;
    if (dead) throw new Crash();
    return done;
  }
  const wrapped = <T extends object>(target: T): T =>
    new Proxy(target, {
      get(of, name, receiver) {
        const member: unknown = Reflect.get(of, name, receiver);
        if (typeof member !== "function" || name === "encode" || name === "results") return member;
        return async (...given: unknown[]) => mortal(async () => Reflect.apply(member, of, given) as unknown);
      },
    });
  const provider = (target: BatchProvider): BatchProvider => ({
    ...wrapped(target),
    encode: (line) => target.encode(line),
    submit: async (...of) => mortal(async () => target.submit(...of)),
    find: async (...of) => mortal(async () => target.find(...of)),
    poll: async (...of) => mortal(async () => target.poll(...of)),
    cancel: async (...of) => mortal(async () => target.cancel(...of)),
    async *results(...of): AsyncGenerator<BatchLineResult> {
      for await (const result of target.results(...of)) yield await mortal(async () => result);
    },
  });
  const { openai, anthropic } = deps.providers;
  return {
    deps: {
      ...deps,
      store: wrapped(deps.store),
      providers: { openai: provider(openai), anthropic: provider(anthropic) },
      record: async (...of: Parameters<ProviderBatchDeps["record"]>) => mortal(async () => deps.record(...of)),
    } satisfies ProviderBatchDeps,
    died: () => dead,
    steps: () => steps,
  };
}
