/** A Worker for the engine alone: what `workerd serve` needs to know of it. */
export interface EngineWorker {
  /** The path of its script, from the config's folder. */
  script: string;
  compatibilityDate: string;
  compatibilityFlags: readonly string[];
  vars: Readonly<Record<string, string>>;
  /** Bindings by kind, each with its simulator. */
  d1: readonly [binding: string, simulator: string][];
  kv: readonly string[];
  r2: readonly string[];
  queues: readonly string[];
  assets: readonly string[];
  objects: readonly [binding: string, className: string][];
}

/** The address of each simulator, by name: `127.0.0.1:PORT`. */
export type Simulators = ReadonlyMap<string, string>;

/**
 * The configuration of `workerd serve` in Cap'n Proto's text format: the Worker on this port, its
 * objects on disk in the folder `objects`, and its other bindings in other processes.
 *
 * Source: workerd.capnp of the workerd package.
 */
export function engineConfig(worker: EngineWorker, simulators: Simulators, port: number): string {
  const bindings = [
    ...Object.entries(worker.vars).map(([name, value]) => `(name = ${text(name)}, text = ${text(value)})`),
    ...worker.d1.map(
      ([name, service]) =>
        `(name = ${text(name)}, wrapped = (moduleName = "cloudflare-internal:d1-api", innerBindings = [(name = "fetcher", service = ${text(service)})]))`,
    ),
    ...worker.kv.map((name) => `(name = ${text(name)}, kvNamespace = "kv")`),
    ...worker.r2.map((name) => `(name = ${text(name)}, r2Bucket = "none")`),
    ...worker.queues.map((name) => `(name = ${text(name)}, queue = "queue")`),
    ...worker.assets.map((name) => `(name = ${text(name)}, service = "none")`),
    ...worker.objects.map(([name, className]) => `(name = ${text(name)}, durableObjectNamespace = ${text(className)})`),
  ];
  const objects = worker.objects.map(
    ([, name]) => `(className = ${text(name)}, uniqueKey = ${text(`engine-${name}`)}, enableSql = true)`,
  );
  const external = [...simulators].map(
    ([name, address]) => `(name = ${text(name)}, external = (address = ${text(address)}, http = ()))`,
  );
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "main", worker = .main),
    (name = "internet", network = (allow = ["public", "private", "local"], tlsOptions = (trustBrowserCas = true))),
    (name = "objects", disk = (path = "objects", writable = true)),
    ${external.join(",\n    ")}
  ],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "main")]
);
const main :Workerd.Worker = (
  modules = [(name = "index.js", esModule = embed ${text(worker.script)})],
  compatibilityDate = ${text(worker.compatibilityDate)},
  compatibilityFlags = [${worker.compatibilityFlags.map(text).join(", ")}],
  bindings = [${bindings.join(",\n    ")}],
  cacheApiOutbound = "cache",
  durableObjectNamespaces = [${objects.join(", ")}],
  durableObjectStorage = (localDisk = "objects")
);
`;
}

/** A text as Cap'n Proto writes it: the escapes of JSON are among its own. */
function text(value: string): string {
  return JSON.stringify(value);
}
