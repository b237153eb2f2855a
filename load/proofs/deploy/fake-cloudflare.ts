import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { FakeAccount } from "./fake-account.ts";
import { ACCOUNT_ID, API_TOKEN, OPERATIONS, tokenOf } from "./fake-operations.ts";
import { Refusal } from "./refusal.ts";

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
    reply(200, { success: true, errors: [], messages: [], result });
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
