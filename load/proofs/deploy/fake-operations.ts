import type { FakeAccount } from "./fake-account.ts";
import type { Traffic, Upload } from "./fake-worker.ts";
import { Refusal } from "./refusal.ts";

/** One request, taken apart. */
export interface Call {
  account: FakeAccount;
  groups: Record<string, string>;
  query: URLSearchParams;
  body: () => Record<string, unknown>;
  form: () => Promise<FormData>;
}

export const ACCOUNT_ID = "0123456789abcdef0123456789abcdef";
export const API_TOKEN = "token-of-the-deploy-proof";

/** How many a page of a list has where the request does not say. Queues have one page. */
const PAGE = { d1: 10, kv: 20, r2: 20 };

/**
 * The operations, with shapes after https://developers.cloudflare.com/api. The paths begin below
 * `/accounts/:id`.
 */
export const OPERATIONS: readonly (readonly [string, (call: Call) => unknown])[] = [
  ["GET /d1/database", ({ account, query }) => pageOf(account.listedDatabases(), query, PAGE.d1)],
  ["POST /d1/database", ({ account, body }) => account.createDatabase(String(body()["name"]))],
  [
    "GET /d1/database/(?<id>[^/]+)",
    ({ account, groups: { id } }) => {
      const found = account.databases().find(({ uuid, name }) => uuid === id || name === id);
      if (!found) throw new Refusal(404, 7404, `The database ${id} could not be found`);
      return { ...found, read_replication: { mode: account.replicationOf(found.name) } };
    },
  ],
  [
    "PATCH /d1/database/(?<id>[^/]+)",
    ({ account, groups: { id = "" }, body }) => account.replicate(id, body()["read_replication"]),
  ],
  [
    "POST /d1/database/(?<id>[^/]+)/query",
    ({ account, groups: { id = "" }, body }) => [
      { results: account.query(id, String(body()["sql"])), success: true, meta: { duration: 1 } },
    ],
  ],
  ["GET /storage/kv/namespaces", ({ account, query }) => pageOf(account.namespaces(), query, PAGE.kv)],
  ["POST /storage/kv/namespaces", ({ account, body }) => account.createNamespace(String(body()["title"]))],
  ["GET /queues", ({ account, query }) => account.queues(query.getAll("name")).map(asListed)],
  ["POST /queues", ({ account, body }) => asListed(account.createQueue(String(body()["queue_name"])))],
  [
    "POST /queues/(?<id>[^/]+)/consumers",
    ({ account, groups: { id = "" }, body }) => account.setConsumer(id, true, body()),
  ],
  [
    "PUT /queues/(?<id>[^/]+)/consumers/[^/]+",
    ({ account, groups: { id = "" }, body }) => account.setConsumer(id, false, body()),
  ],
  ["GET /r2/buckets", ({ account, query }) => ({ buckets: pageOf(account.buckets(), query, PAGE.r2) })],
  ["POST /r2/buckets", ({ account, body }) => account.createBucket(String(body()["name"]))],
  [
    "GET /r2/buckets/(?<name>[^/]+)",
    ({ account, groups: { name } }) => {
      const bucket = account.buckets().find((each) => each.name === name);
      if (!bucket) throw new Refusal(404, 10006, "The specified bucket does not exist.");
      return bucket;
    },
  ],
  ["GET /workers/scripts/(?<name>[^/]+)/secrets", ({ account, groups: { name = "" } }) => listSecrets(account, name)],
  [
    "PATCH /workers/scripts/(?<name>[^/]+)/secrets-bulk",
    ({ account, groups: { name = "" }, body }) => {
      const secrets = Object.entries(body()["secrets"] as Record<string, { text: string }>);
      account.setSecrets(name, new Map(secrets.map(([secret, { text }]) => [secret, text])));
      return listSecrets(account, name);
    },
  ],
  [
    "GET /workers/services/(?<name>[^/]+)",
    ({ account, groups: { name = "" } }) => {
      const { isDeployed, migrationTag } = account.worker(name);
      const script = { tag: "tag", last_deployed_from: "wrangler", migration_tag: migrationTag };
      return {
        id: name,
        default_environment: { environment: "production", script: isDeployed ? script : { tag: "tag" } },
      };
    },
  ],
  ["GET /workers/scripts", ({ account }) => account.workers()],
  [
    "PUT /workers/scripts/(?<name>[^/]+)",
    async (call) => {
      const { account, groups } = call;
      const { name = "" } = groups;
      const upload = await uploadOf(call);
      const isDraft = upload.bindings.length === 0;
      if (isDraft) account.draft(name);
      const deployment_id = isDraft ? "draft" : account.upload(name, upload, true);
      return { id: name, tag: "tag", deployment_id, startup_time_ms: 20, entry_point: "index.js" };
    },
  ],
  [
    "POST /workers/scripts/(?<name>[^/]+)/versions",
    async (call) => ({
      id: call.account.upload(call.groups["name"] ?? "", await uploadOf(call), false),
      startup_time_ms: 20,
      metadata: { has_preview: false },
      resources: { script: { etag: "etag" } },
    }),
  ],
  [
    "GET /workers/scripts/(?<name>[^/]+)/versions",
    ({ account, groups: { name = "" } }) => ({ items: account.worker(name).versions.map(asVersion).toReversed() }),
  ],
  [
    "GET /workers/scripts/(?<name>[^/]+)/versions/(?<id>[^/]+)",
    ({ account, groups: { name = "", id = "" } }) => asVersion(account.worker(name).version(id)),
  ],
  [
    "GET /workers/scripts/(?<name>[^/]+)/deployments",
    ({ account, groups: { name = "" } }) => ({ deployments: account.worker(name).deployments.map(asDeployment) }),
  ],
  [
    "POST /workers/scripts/(?<name>[^/]+)/deployments",
    ({ account, groups: { name = "" }, body }) => {
      account.deploy(name, body()["versions"] as Traffic[]);
      return { id: "deployment" };
    },
  ],
  ["PATCH /workers/scripts/[^/]+/script-settings", ({ body }) => body()],
  [
    "POST /workers/scripts/[^/]+/assets-upload-session",
    ({ account, body }) => {
      const manifest = Object.values(body()["manifest"] as Record<string, { hash: string }>);
      const missing = account.missingAssets(manifest.map(({ hash }) => hash));
      return { jwt: tokenOf("session"), buckets: missing.length > 0 ? [missing] : [] };
    },
  ],
  [
    "POST /workers/assets/upload",
    async ({ account, form }) => {
      account.addAssets([...(await form()).keys()]);
      return { jwt: tokenOf("complete") };
    },
  ],
  [
    "PUT /workers/scripts/(?<name>[^/]+)/schedules",
    ({ account, groups: { name = "" }, body }) => {
      const schedules = body() as unknown as { cron: string }[];
      account.setSchedules(
        name,
        schedules.map(({ cron }) => cron),
      );
      return { schedules };
    },
  ],
  [
    "GET /workers/scripts/(?<name>[^/]+)/settings",
    ({ account, groups: { name = "" } }) => ({ bindings: account.worker(name).bindings }),
  ],
  [
    "GET /workers/workers/(?<name>[^/]+)",
    ({ groups: { name } }) => ({ id: name, name, subdomain: { enabled: true, previews_enabled: true } }),
  ],
  // Wrangler asks these where a token was refused, to tell why.
  ["GET /client/v4/user/tokens/verify", () => ({ id: "token", status: "active" })],
  ["GET /client/v4/user", () => ({ id: "user", email: "proof@example.com" })],
  ["GET /client/v4/memberships", () => []],
  ["GET /client/v4/accounts", () => [{ id: ACCOUNT_ID, name: "proof" }]],
  ["GET /workers/subdomain", () => ({ subdomain: "proof" })],
  ["(?:GET|POST) /workers/scripts/[^/]+/subdomain", () => ({ enabled: true, previews_enabled: true })],
];

function pageOf<T>(all: T[], query: URLSearchParams, perPage: number): T[] {
  const [page, length] = [Number(query.get("page") ?? 1), Number(query.get("per_page") ?? perPage)];
  return all.slice((page - 1) * length, page * length);
}

function asListed(queue: { consumers: unknown[] }): object {
  const times = { created_on: "2026-01-01T00:00:00Z", modified_on: "2026-01-01T00:00:00Z" };
  return { ...queue, ...times, producers_total_count: 0, consumers_total_count: queue.consumers.length, producers: [] };
}

function listSecrets(account: FakeAccount, script: string): object[] {
  return [...account.worker(script).secrets.keys()].map((name) => ({ name, type: "secret_text" }));
}

async function uploadOf({ form }: Call): Promise<Upload> {
  const metadata = (await form()).get("metadata");
  if (typeof metadata !== "string") throw new Refusal(400, 10021, "the upload has no metadata");
  const upload = JSON.parse(metadata) as Partial<Upload>;
  return { ...upload, bindings: upload.bindings ?? [] };
}

function asVersion({ id, bindings }: { id: string; bindings: object[] }, index = 0): object {
  const created_on = new Date(index * 1_000).toISOString();
  return {
    id,
    number: index + 1,
    metadata: { created_on, source: "wrangler" },
    resources: { bindings, script_runtime: {} },
  };
}

function asDeployment(versions: readonly Traffic[]): object {
  return { id: "deployment", source: "wrangler", strategy: "percentage", created_on: new Date(0), versions };
}

/** A JWT whose payload says only what it is for. */
export function tokenOf(purpose: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "none" })}.${encode({ purpose })}.proof`;
}
