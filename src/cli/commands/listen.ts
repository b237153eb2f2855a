import { Command } from "commander";
import { Webhook, WebhookVerificationError } from "standardwebhooks";
import type { Cli, SharedOptions, StartCli } from "../cli.ts";
import { UsageError } from "../errors.ts";
import { mappingOf } from "../import/imported-file.ts";
import { serveLocally } from "../http-server.ts";
import { collect, portNumber, wholeNumber } from "./selection.ts";

interface ListenOptions extends SharedOptions {
  port: number;
  secret?: string;
  forward?: string;
  tunnel?: string;
  events: string[];
  count?: number;
}

/** A message as it came. */
interface ReceivedEvent {
  id: string | null;
  type: string;
  /** Null where no secret is known. */
  verified: boolean | null;
  timestamp: string | null;
  data: unknown;
  /** What the receiver behind `--forward` answered. */
  forwarded?: number | string;
}

const NAME = "pbt-edge-listen";
const ALL_EVENTS = [
  "prompt.published",
  "label.moved",
  "promotion.pending",
  "budget.alert",
  "batch.completed",
  "anomaly.detected",
  "test_run.completed",
];

/**
 * `pbt-edge listen`: receives webhooks on this machine, checks their signatures and prints them.
 */
export function listenCommand(start: StartCli): Command {
  return new Command("listen")
    .description("receive webhooks on this machine, check their signatures and print them")
    .option("--port <number>", "the port on this machine", portNumber, 8788)
    .option("--secret <whsec>", "the webhook's secret (PBT_EDGE_WEBHOOK_SECRET)")
    .option("--forward <url>", "pass each message on, as it came, to your own receiver")
    .option("--tunnel <url>", "the public address of a tunnel to the port: set as a webhook while this runs")
    .option("--events <type>", "with --tunnel: only these events; may be given several times", collect, [])
    .option("--count <number>", "end after so many messages", wholeNumber)
    .addHelpText(
      "after",
      "\nA server reaches this machine by a tunnel (cloudflared, ngrok): `cloudflared tunnel --url localhost:8788`,\nthen `pbt-edge listen --tunnel https://….trycloudflare.com`. A local server reaches it with WEBHOOK_ORIGINS.",
    )
    .action(async (options: ListenOptions) => {
      const cli = start(options);
      await listen(cli, options);
    });
}

async function listen(cli: Cli, options: ListenOptions): Promise<void> {
  let secret = options.secret ?? cli.io.env["PBT_EDGE_WEBHOOK_SECRET"];
  if (secret !== undefined) checkSecret(secret);
  let received = 0;
  let end: () => void = () => {};
  const ended = new Promise<void>((resolve) => (end = resolve));
  const server = await serveLocally(options.port, async (request) => {
    const answer = await receive(cli, request, { secret, forward: options.forward });
    if (request.method === "POST" && (received += 1) === options.count) end();
    return answer;
  });
  try {
    if (options.tunnel !== undefined) secret = await subscribe(cli, options.tunnel, options.events);
    const behind = options.tunnel === undefined ? "" : `, behind ${options.tunnel}`;
    // A program that started this learns by it that the webhook is set.
    cli.event({ listening: server.url }, () => `Listening on ${server.url}${behind}. Ctrl-C ends it.`);
    if (secret === undefined)
      cli.note(cli.paint.yellow("No secret is known, so signatures are not checked (--secret)."));
    cli.io.signal.addEventListener("abort", end);
    await ended;
  } finally {
    if (options.tunnel !== undefined) await cli.lastingClient.webhooks.delete(NAME).catch(() => undefined);
    await server.close();
  }
}

/** Sets the webhook anew, because a secret is told once. */
async function subscribe({ client }: Cli, url: string, events: readonly string[]): Promise<string> {
  await client.webhooks.delete(NAME).catch(() => undefined);
  const body = { url, events: events.length > 0 ? [...events] : ALL_EVENTS } as Parameters<
    typeof client.webhooks.set
  >[1];
  const set = await client.webhooks.set(NAME, body);
  if (!("secret" in set) || typeof set.secret !== "string")
    throw new UsageError("The server told no secret for the webhook.");
  return set.secret;
}

async function receive(
  cli: Cli,
  request: Request,
  { secret, forward }: { secret: string | undefined; forward: string | undefined },
): Promise<Response> {
  // Webhooks have no origin: a page in a browser of this machine would send its own.
  if (request.headers.has("origin"))
    return new Response("pbt-edge listen takes nothing of web pages\n", { status: 403 });
  if (request.method !== "POST") return new Response("pbt-edge listen: webhooks are posted here\n", { status: 405 });
  const body = await request.text();
  const event = readEvent(request, body, secret);
  if (forward !== undefined) event.forwarded = await passOn(cli, request, body, forward);
  cli.event(event, () => eventText(cli, event));
  return new Response(null, { status: event.verified === false ? 401 : 204 });
}

function readEvent({ headers }: Request, body: string, secret: string | undefined): ReceivedEvent {
  let message: Record<string, unknown> = {};
  try {
    message = mappingOf(JSON.parse(body));
  } catch {
    message = { type: "not JSON", data: body };
  }
  return {
    id: headers.get("webhook-id"),
    type: String(message["type"]),
    timestamp: typeof message["timestamp"] === "string" ? message["timestamp"] : null,
    verified: secret === undefined ? null : isVerified(secret, headers, body),
    data: message["data"],
  };
}

/** Throws a UsageError for a secret by which no signature can be checked. */
function checkSecret(secret: string): void {
  try {
    void new Webhook(secret);
  } catch {
    throw new UsageError("--secret is none of a webhook: it is whsec_ and base64, as `webhooks` told it once.");
  }
}

function isVerified(secret: string, headers: Headers, body: string): boolean {
  try {
    new Webhook(secret).verify(body, Object.fromEntries(headers));
    return true;
  } catch (error) {
    if (error instanceof WebhookVerificationError) return false;
    throw error;
  }
}

/** The receiver gets the message with its signature, byte for byte. */
async function passOn({ io }: Cli, { headers }: Request, body: string, url: string): Promise<number | string> {
  const names = ["content-type", "webhook-id", "webhook-timestamp", "webhook-signature", "traceparent"];
  const sent = names.flatMap((name) =>
    headers.has(name) ? [[name, headers.get(name) ?? ""] as [string, string]] : [],
  );
  try {
    return (await io.fetch(url, { method: "POST", headers: sent, body })).status;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function eventText({ paint }: Cli, { type, verified, timestamp, data, forwarded }: ReceivedEvent): string {
  const mark = verified === null ? paint.yellow("?") : verified ? paint.green("✓") : paint.red("✗ signature");
  const passed = forwarded === undefined ? "" : paint.dim(` → ${forwarded}`);
  return `${paint.dim(timestamp?.slice(11, 19) ?? "")} ${mark} ${paint.bold(type)} ${JSON.stringify(data)}${passed}`;
}
