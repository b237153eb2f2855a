/**
 * The runtime with one more route: `/shards/down` makes the databases refuse every query of this
 * isolate from then on. Each isolate has a Cache API of its own, as if it were alone in its data
 * centre, so that isolates share KV only.
 */
import worker from "../../../src/index.ts";
import { type Around, interceptShards } from "../../harness/backend-calls.ts";

export * from "../../../src/index.ts";

const shared = caches.default;
let place: string | undefined;
const placeOf = (url: string) => `${url}?place=${(place ??= crypto.randomUUID())}`;
Object.defineProperty(globalThis, "caches", {
  value: {
    default: {
      match: async (url: string) => shared.match(placeOf(url)),
      put: async (url: string, response: Response) => shared.put(placeOf(url), response),
    },
  },
});

let isDown = false;
let disturbed: Env | undefined;

const onQuery: Around = async (_name, call) => {
  if (isDown) throw new Error("the shard refuses");
  return call();
};

function disturb(env: Env): Env {
  return (disturbed ??= { ...env, ...interceptShards(env, onQuery) });
}

export default {
  async fetch(request: Request, env: Env, context: ExecutionContext) {
    if (new URL(request.url).pathname !== "/shards/down") return worker.fetch(request, disturb(env), context);
    isDown = true;
    return new Response();
  },
  queue: async (batch: Parameters<typeof worker.queue>[0], env: Env) => worker.queue(batch, disturb(env)),
  scheduled: async (controller: ScheduledController, env: Env) => worker.scheduled(controller, disturb(env)),
};
