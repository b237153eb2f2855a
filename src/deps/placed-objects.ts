import { type IsolatePlace, type NamedObjects, objectNamed } from "../domain/object-names.ts";

/** The namespaces of Durable Objects. */
const NAMESPACES = [
  "SINGLE_FLIGHT",
  "IDEMPOTENCY",
  "PROVIDER_GATE",
  "TENANT_THROTTLE",
  "EXECUTION_INTENTS",
  "TENANT_BUDGETS",
  "LEDGER",
  "METRICS",
] as const satisfies readonly (keyof Env)[];

/**
 * Bindings whose objects are made near the callers of this isolate, and in the jurisdiction of their
 * tenant. All of the Worker's services get their objects from these.
 */
export function placedObjects<Bindings extends Env>(env: Bindings, place: IsolatePlace): Bindings {
  const given = NAMESPACES.filter((name) => Reflect.get(env, name) !== undefined);
  return { ...env, ...Object.fromEntries(given.map((name) => [name, placed(env[name], place)])) };
}

function placed<T extends object>(namespace: T & NamedObjects<unknown>, place: IsolatePlace): T {
  const getByName = (name: string) => objectNamed(namespace, name, place.hint);
  return new Proxy(namespace, {
    get(of, member) {
      if (member === "getByName") return getByName;
      const value: unknown = Reflect.get(of, member);
      return typeof value === "function" ? (value.bind(of) as unknown) : value;
    },
  });
}
