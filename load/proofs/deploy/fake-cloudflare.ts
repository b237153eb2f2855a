import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { type FakeAccount, Refusal, type Upload } from "./fake-account.ts";

/** A refusal that requests meet: the first `times` whose `METHOD path` matches. */
export interface Fault {
  request: RegExp;
  refusal: Refusal;
  times: number;
  /** The request has its effect all the same, and only its answer is lost. */
  isLate?: boolean;
}

/** The part of Cloudflare's API that `wrangler` calls to provision and deploy, for one account. */
export interface FakeCloudflare {
  /** What wrangler takes for https://api.cloudflare.com/client/v4. */
  url: string;
  /** Every request: `GET /d1/database`, below the account. */
  requests: string[];
  /** Requests that this fake has no answer for. */
  unknown: string[];
  fault: Fault | null;
  stop(): Promise<void>;
}

type FakeState = Omit<FakeCloudflare, "url" | "stop">;

/** One request, taken apart. */
interface Call {
  account: FakeAccount;
  groups: Record<string, string>;
  query: URLSearchParams;
  body: () => Record<string, unknown>;
  form: () => Promise<FormData>;
}

export const ACCOUNT_ID = "0123456789abcdef0123456789abcdef";
export const API_TOKEN = "token-of-the-deploy-proof";

const VERSION = "11111111-2222-3333-4444-555555555555";
const PAGE = { page: 1, per_page: 1_000 };

/**
 * The operations, with shapes after https://developers.cloudflare.com/api. The paths begin below
 * `/accounts/:id`.
 */
const OPERATIONS: readonly (readonly [string, (call: Call) => unknown])[] = [
  ["GET /d1/database", ({ account, query }) => firstPage(account.databases(), query)],
  ["POST /d1/database", ({ account, body }) => account.createDatabase(String(body()["name"]))],
  [
    "GET /d1/database/(?<id>[^/]+)",
    ({ account, groups: { id } }) => {
      const found = account.databases().find(({ uuid, name }) => uuid === id || name === id);
      if (!found) throw new Refusal(404, 7404, `The database ${id} could not be found`);
      return found;
    },
  ],
  [
    "POST /d1/database/(?<id>[^/]+)/query",
    ({ account, groups: { id = "" }, body }) => [
      { results: account.query(id, String(body()["sql"])), success: true, meta: { duration: 1 } },
    ],
  ],
  ["GET /storage/kv/namespaces", ({ account, query }) => firstPage(account.namespaces(), query)],
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
  ["GET /r2/buckets", ({ account }) => ({ buckets: account.buckets() })],
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
      const { deployed } = account.script(name);
      const script = { tag: "tag", last_deployed_from: "wrangler", migration_tag: account.migrationTag };
      return {
        id: name,
        default_environment: { environment: "production", script: deployed ? script : { tag: "tag" } },
      };
    },
  ],
  [
    "GET /workers/scripts/(?<name>[^/]+)/deployments",
    ({ account, groups: { name = "" } }) => ({ deployments: deploymentsOf(account, name) }),
  ],
  ["GET /workers/scripts", ({ account }) => [{ id: "pbt-edge", migration_tag: account.migrationTag }]],
  [
    "PUT /workers/scripts/(?<name>[^/]+)",
    async (call) => {
      const { account, groups } = call;
      const { name = "" } = groups;
      const upload = await uploadOf(call);
      if (upload.bindings.length === 0) account.draft(name);
      else {
        account.upload(name, upload);
        account.deploy(name);
      }
      return { id: name, tag: "tag", deployment_id: VERSION, startup_time_ms: 20, entry_point: "index.js" };
    },
  ],
  [
    "POST /workers/scripts/(?<name>[^/]+)/versions",
    async (call) => {
      call.account.upload(call.groups["name"] ?? "", await uploadOf(call));
      return { id: VERSION, startup_time_ms: 20, resources: { script: { etag: "etag" } } };
    },
  ],
  [
    "POST /workers/scripts/(?<name>[^/]+)/deployments",
    ({ account, groups: { name = "" } }) => {
      account.deploy(name);
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
    ({ account, groups: { name = "" } }) => ({ bindings: account.script(name).deployed?.bindings ?? [] }),
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

/** Starts the fake before an account. */
export async function startFakeCloudflare(account: FakeAccount): Promise<FakeCloudflare> {
  const fake: FakeState = { requests: [], unknown: [], fault: null };
  const server = createServer((request, response) => void answer(account, fake, request, response));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return Object.assign(fake, {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/client/v4`,
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function answer(
  account: FakeAccount,
  fake: FakeState,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const reply = (status: number, body: object, headers = {}) =>
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body));
  const pieces: Buffer[] = [];
  for await (const piece of request) pieces.push(piece as Buffer);
  try {
    const result = await resultOf(account, fake, request, Buffer.concat(pieces));
    const result_info = { ...PAGE, count: 1, total_count: 1, total_pages: 1 };
    reply(200, { success: true, errors: [], messages: [], result, result_info });
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, 7000, String(error));
    const { status, code, message, headers } = refusal;
    reply(status, { success: false, errors: [{ code, message }], messages: [], result: null }, headers);
  }
}

async function resultOf(
  account: FakeAccount,
  fake: FakeState,
  request: IncomingMessage,
  sent: Buffer<ArrayBuffer>,
): Promise<unknown> {
  const { pathname, searchParams: query } = new URL(request.url ?? "", "http://localhost");
  const path = `${request.method} ${pathname.replace(`/client/v4/accounts/${ACCOUNT_ID}`, "")}`;
  const headers = { "content-type": request.headers["content-type"] ?? "" };
  fake.requests.push(path);
  const fault = takeFault(fake, path);
  if (fault && !fault.isLate) throw fault.refusal;
  checkToken(request, path);
  const [operation, groups] = findOperation(fake, path);
  const body = () => JSON.parse(sent.toString()) as Record<string, unknown>;
  const form = async () => new Response(sent, { headers }).formData();
  const result = await operation({ account, groups, query, body, form });
  if (fault) throw fault.refusal;
  return result;
}

function takeFault(fake: Pick<FakeCloudflare, "fault">, path: string): Fault | null {
  const { fault } = fake;
  if (!fault || fault.times === 0 || !fault.request.test(path)) return null;
  fault.times -= 1;
  return fault;
}

/** Uploads of assets have the token of their session. */
function checkToken({ headers }: IncomingMessage, path: string): void {
  const isUpload = path.startsWith("POST /workers/assets/upload");
  const wanted = `Bearer ${isUpload ? tokenOf("session") : API_TOKEN}`;
  if (headers.authorization !== wanted) throw new Refusal(403, 10000, "Authentication error");
}

function findOperation(fake: Pick<FakeCloudflare, "unknown">, path: string) {
  for (const [pattern, operation] of OPERATIONS) {
    const match = new RegExp(`^${pattern}$`).exec(path);
    if (match) return [operation, match.groups ?? {}] as const;
  }
  fake.unknown.push(path);
  throw new Refusal(404, 7000, `No route for that URI: ${path}`);
}

function firstPage<T>(all: T[], query: URLSearchParams): T[] {
  return Number(query.get("page") ?? 1) === 1 ? all : [];
}

function asListed(queue: { consumers: unknown[] }): object {
  const times = { created_on: "2026-01-01T00:00:00Z", modified_on: "2026-01-01T00:00:00Z" };
  return { ...queue, ...times, producers_total_count: 0, consumers_total_count: queue.consumers.length, producers: [] };
}

function listSecrets(account: FakeAccount, script: string): object[] {
  return [...account.script(script).secrets.keys()].map((name) => ({ name, type: "secret_text" }));
}

async function uploadOf({ form }: Call): Promise<Upload> {
  const metadata = (await form()).get("metadata");
  if (typeof metadata !== "string") throw new Refusal(400, 10021, "the upload has no metadata");
  const upload = JSON.parse(metadata) as Partial<Upload>;
  return { ...upload, bindings: upload.bindings ?? [] };
}

function deploymentsOf(account: FakeAccount, script: string): object[] {
  const versions = [{ version_id: VERSION, percentage: 100 }];
  return account.script(script).deployed
    ? [{ id: "deployment", source: "wrangler", strategy: "percentage", versions }]
    : [];
}

/** A JWT whose payload says only what it is for. */
function tokenOf(purpose: string): string {
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${encode({ alg: "none" })}.${encode({ purpose })}.proof`;
}
