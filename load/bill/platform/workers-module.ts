/**
 * What the Worker imports from `cloudflare:workers`, for a process that is not workerd. Work behind
 * a response goes on by itself here, because a simulated isolate is never cut off.
 */

/** The base class of the Worker's objects. */
export class DurableObject<Bindings> {
  protected readonly ctx: DurableObjectState;
  protected readonly env: Bindings;

  constructor(ctx: DurableObjectState, env: Bindings) {
    this.ctx = ctx;
    this.env = env;
  }
}

/** The work reports its failures itself. */
export function waitUntil(work: Promise<unknown>): void {
  void work.catch(() => undefined);
}
