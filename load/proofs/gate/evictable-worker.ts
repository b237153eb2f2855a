/**
 * The runtime with two routes more: `GET /gate-calls` counts what this process's gates were asked and told, and `POST /evict-gates` ends every gate's object as the platform may at any moment. Only the proof bundles it. What an object
 * has in memory is gone, calls that wait in it break, and what was not yet on disk never happened.
 */
import worker, { ProviderGate as Gate } from "../../../src/index.ts";
import type { AcquireReply, AcquireRequest, Renewed, Settlement } from "../../../src/domain/gate/protocol/messages.ts";

export { Idempotency, SingleFlight, TenantThrottle } from "../../../src/index.ts";

/** An object's life: from its constructor to its end. `waiting` wishes had no answer yet. */
export interface Life {
  id: string;
  waiting: number;
}

/** What became of one object: its life that ended and the one that began in its place. */
export interface Eviction {
  ended: Life;
  begun: Life;
}

/** The objects that live in this isolate, by name. */
const names = new Set<string>();
/** Questions and news that reached them. */
let calls = 0;
const REASON = "evicted: ";

/** The gate, mortal on request. */
export class ProviderGate extends Gate {
  readonly #life = crypto.randomUUID();
  #waiting = 0;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    names.add(ctx.id.name ?? "");
  }

  override settle(settlement: Settlement): Renewed[] {
    calls += 1;
    return super.settle(settlement);
  }

  override async acquire(request: AcquireRequest): Promise<AcquireReply> {
    calls += 1;
    this.#waiting += 1;
    try {
      return await super.acquire(request);
    } finally {
      this.#waiting -= 1;
    }
  }

  /** This life. */
  life(): Life {
    return { id: this.#life, waiting: this.#waiting };
  }

  /** Ends it. The call breaks, as all others do, and its error says which life it was. */
  evict(): void {
    this.ctx.abort(`${REASON}${JSON.stringify(this.life())}`);
  }
}

async function evict(objects: DurableObjectNamespace<ProviderGate>, name: string): Promise<Eviction> {
  const ended = await objects
    .getByName(name)
    .evict()
    .then(
      () => "it lives on",
      (error: unknown) => (error instanceof Error ? error.message : String(error)),
    );
  const { id, waiting } = await objects.getByName(name).life();
  return { ended: JSON.parse(ended.slice(REASON.length)) as Life, begun: { id, waiting } };
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const { pathname } = new URL(request.url);
    if (pathname === "/gate-calls") return Response.json(calls);
    if (pathname !== "/evict-gates") return worker.fetch(request, env, context);
    const objects = env.PROVIDER_GATE as unknown as DurableObjectNamespace<ProviderGate>;
    return Response.json(await Promise.all([...names].map(async (name) => evict(objects, name))));
  },
  queue: worker.queue,
  scheduled: worker.scheduled,
};
