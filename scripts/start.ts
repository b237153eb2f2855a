/**
 * `npm start`: the whole runtime on this machine. Builds the Worker, migrates the shards, starts
 * the mock in place of each provider without a key, creates a demo tenant and publishes the
 * examples. Reads PORT, STATE_DIR, SHARDS, PBT_ROOT_KEY and the variables in {@link PASSED_ON} from the
 * environment.
 */
import { once } from "node:events";
import { startMockProvider } from "../load/mock/mock-provider.ts";
import { historyDoorOf, openHistoryDoor } from "./demo/history-door.ts";
import { mockKeyOf } from "./demo/mock-keys.ts";
import { bundleWorker } from "./bundle.ts";
import { prepareDemo } from "./demo/prepare-demo.ts";
import { openLocalState } from "./local-secrets.ts";
import { serveWorker } from "./serve.ts";

const PARENT_CHECK_MS = 250;
const PASSED_ON = [
  "OPENAI_API_KEY",
  "OPENAI_API_KEYS",
  "ANTHROPIC_API_KEY",
  "ANTHROPIC_API_KEYS",
  "OPENAI_BASE_URL",
  "ANTHROPIC_BASE_URL",
  "UPSTREAM_ORIGINS",
  "MAX_BODY_BYTES",
  "MAX_INPUT_BODY_BYTES",
  "CONNECT_TIMEOUT_MS",
  "FIRST_BYTE_TIMEOUT_MS",
  "READ_TIMEOUT_MS",
  "EXECUTION_TIMEOUT_MS",
  "FREE_CALLS",
  "LARGE_TENANTS",
  "CORS_ORIGINS",
  "WEBHOOK_ORIGINS",
  "OTEL_EXPORTER_OTLP_ENDPOINT",
  "OTEL_EXPORTER_OTLP_HEADERS",
  "OTEL_SEMCONV_STABILITY_OPT_IN",
  "TRACE_SAMPLE",
  "TRACE_SLOW_MS",
] as const;

async function main(): Promise<void> {
  const stopped = Promise.race([once(process, "SIGINT"), once(process, "SIGTERM"), orphaned()]);
  const stateDir = process.env["STATE_DIR"] ?? ".wrangler/state";
  const { file, state, save } = openLocalState(stateDir);
  if (process.env["PBT_ROOT_KEY"]) save({ PBT_ROOT_KEY: process.env["PBT_ROOT_KEY"] });
  const { demo_key, ...secrets } = state;
  const script = await bundleWorker();
  const { mock, vars } = await providerVars();
  const served = await serveWorker({
    script,
    port: Number(process.env["PORT"] ?? 8787),
    stateDir,
    shards: Number(process.env["SHARDS"] ?? 0),
    vars: { PBT_ENV: "dev", ...secrets, ...vars },
  });
  const door = await openHistoryDoor(historyDoorOf(stateDir), served.miniflare).catch((error: unknown) => {
    // A path of a socket has about 100 characters; only the demo needs it.
    console.log(`\`npm run demo\` will have no past: ${String(error)}`);
    return null;
  });
  try {
    const demo = await prepareDemo(served.url, state.PBT_ROOT_KEY, demo_key);
    save({ demo_key: demo.key });
    // What is not a terminal is a log, perhaps, which is no place for a key.
    const key = process.stdout.isTTY ? demo.key : "$KEY";
    greet(served.url, { ...demo, key }, mock?.url);
    if (key !== demo.key) console.log(`The key is \`demo_key\` in ${file}`);
    console.log(`ready on ${served.url}`);
    const reason = await Promise.race([stopped.then(() => null), served.gaveUp]);
    if (reason !== null) {
      console.error(reason);
      process.exitCode = 1;
    }
  } finally {
    door?.close();
    await served.stop();
    await mock?.close();
  }
}

/** Resolves when the parent process has ended: npm's shell does not pass SIGTERM on. */
async function orphaned(): Promise<void> {
  const parent = process.ppid;
  await new Promise<void>((resolve) => {
    const watch = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(watch);
      resolve();
    }, PARENT_CHECK_MS);
    watch.unref();
  });
}

/** The providers' variables from the environment. The mock replaces providers without a key. */
async function providerVars() {
  const given = PASSED_ON.flatMap((name) => (process.env[name] ? [[name, process.env[name]] as const] : []));
  const vars: Record<string, string> = Object.fromEntries(given);
  const lacking = (["OPENAI", "ANTHROPIC"] as const).filter(
    (provider) => !vars[`${provider}_API_KEY`] && !vars[`${provider}_API_KEYS`],
  );
  if (lacking.length === 0) return { mock: undefined, vars };
  const mock = await startMockProvider({ port: Number(process.env["MOCK_PORT"] ?? 0) });
  const baseUrls = { OPENAI: mock.openaiBaseUrl, ANTHROPIC: mock.anthropicBaseUrl };
  for (const provider of lacking) {
    vars[`${provider}_API_KEYS`] = mockKeyOf(provider);
    vars[`${provider}_BASE_URL`] ??= baseUrls[provider];
  }
  vars["UPSTREAM_ORIGINS"] ??= mock.url;
  return { mock, vars };
}

function greet(url: string, demo: { key: string; names: string[] }, mockUrl: string | undefined): void {
  const body = JSON.stringify({
    prompt: "ticket-triage",
    variables: { product: "Acme CRM", body: "I want my money back" },
  });
  console.log(`
PBT Edge
  prompts    ${demo.names.join(", ")}
  providers  ${mockUrl ? `mock on ${mockUrl} (set OPENAI_API_KEY / ANTHROPIC_API_KEY for the real ones)` : "as configured"}
  API page   ${url}/docs

Execute a prompt:
  curl -s ${url}/v1/executions -H "authorization: Bearer ${demo.key}" -d '${body}'
`);
}

await main();
