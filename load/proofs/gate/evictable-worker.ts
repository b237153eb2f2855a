/**
 * The runtime with two more routes. `GET /gate-calls` counts the RPC calls to this process's gate
 * objects. `POST /evict-gates` ends every gate object as the platform may at any moment: its memory
 * is lost, calls that wait in it break, and writes that are not on disk never happened. The header
 * `x-proof-continent` says where a request came in, which deployed the platform does.
 */
import type { AcquireReply, AcquireRequest, Renewed, Settlement } from "../../../src/domain/gate/protocol/messages.ts";
import worker, { ProviderGate as Gate } from "../../../src/index.ts";
import { errorText } from "../../harness/error-text.ts";

export * from "../../../src/index.ts";

/** An object's life, from its constructor to its end. */
export interface GateLife {
  id: string;
  /** The number of `acquire` calls that had no answer yet. */
  waiting: number;
}

/** An eviction: the life that ended, and the life that began in its place. */
export interface Eviction {
  ended: GateLife;
  begun: GateLife;
}

/** The gate objects of this process, and the calls to roots and to branches. */
export interface GatesSeen {
  names: string[];
  calls: number;
  branchCalls: number;
}

/** The names of the objects in this isolate. */
const names = new Set<string>();
let calls = 0;
let branchCalls = 0;
const REASON = "evicted: ";

/** The provider gate, which counts its calls and can be evicted. */
export class ProviderGate extends Gate {
  readonly #lifeId = crypto.randomUUID();
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
    return this.#wait(async () => super.acquire(request));
  }

  override branchSettle(settlement: Settlement): Renewed[] {
    branchCalls += 1;
    return super.branchSettle(settlement);
  }

  override async branchAcquire(request: AcquireRequest): Promise<AcquireReply> {
    branchCalls += 1;
    return this.#wait(async () => super.branchAcquire(request));
  }

  async #wait(acquire: () => Promise<AcquireReply>): Promise<AcquireReply> {
    this.#waiting += 1;
    try {
      return await acquire();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** The current life. */
  life(): GateLife {
    return { id: this.#lifeId, waiting: this.#waiting };
  }

  /** Ends the object. This call breaks like all others, and its error names the life. */
  evict(): void {
    this.ctx.abort(`${REASON}${JSON.stringify(this.life())}`);
  }
}

async function evict(objects: DurableObjectNamespace<ProviderGate>, name: string): Promise<Eviction> {
  const reason = await objects
    .getByName(name)
    .evict()
    .then(() => "it lives on", errorText);
  const { id, waiting } = await objects.getByName(name).life();
  return { ended: JSON.parse(reason.slice(REASON.length)) as GateLife, begun: { id, waiting } };
}

function placed(request: Request): Request {
  const continent = request.headers.get("x-proof-continent");
  return continent === null ? request : new Request(request, { cf: { continent } });
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    const { pathname } = new URL(request.url);
    if (pathname === "/gate-calls") return Response.json(calls);
    if (pathname === "/gates") return Response.json({ names: [...names], calls, branchCalls } satisfies GatesSeen);
    if (pathname !== "/evict-gates") return worker.fetch(placed(request), env, context);
    const objects = env.PROVIDER_GATE as unknown as DurableObjectNamespace<ProviderGate>;
    return Response.json(await Promise.all([...names].map(async (name) => evict(objects, name))));
  },
  queue: worker.queue,
  scheduled: worker.scheduled,
};
