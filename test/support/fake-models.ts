import type { Candidate } from "../../src/domain/completions/candidate.ts";
import type {
  Completion,
  CompletionRequest,
  BuiltInProvider,
  StreamPart,
} from "../../src/domain/completions/completion.ts";
import type { Provider, ProviderCall } from "../../src/providers/provider.ts";
import type { CompletionCall } from "../../src/services/completions/completion-call.ts";
import { CompletionMaker } from "../../src/services/completions/make-completion.ts";
import { TokenEstimator } from "../../src/services/completions/token-estimator.ts";
import { createAdmit } from "../../src/services/gate/admit.ts";
import { localGate } from "./local-gate.ts";

export const input = { messages: [{ role: "user" as const, content: "hi" }], parameters: {} };
export const candidates: Candidate[] = [
  { provider: "openai", model: "first" },
  { provider: "anthropic", model: "second" },
];
export const answer = (model: string): Completion => ({ text: model, finish_reason: "stop", usage: null, model });
const SECRETS = { openai: "k1", anthropic: "k2" };
export const keysFor = async (_tenant: string, provider: BuiltInProvider) => [
  { name: "main", version: 1, secret: SECRETS[provider], weight: 1, rpm: null, tpm: null, max_concurrency: null },
];
export const callUntil = (signal: AbortSignal, timeout_ms = 900): CompletionCall => ({
  tenant_id: "ten",
  timeout_ms,
  lane: "standard",
  candidates,
  input,
  signal,
});

/** A completion maker over fake providers and the real gate, whose keys have no limits. */
export function completeWith(providers: Record<BuiltInProvider, Provider>, firstByteMs: number) {
  const now = () => Date.now();
  const gate = localGate(now);
  const sleep = async (ms: number) => new Promise<void>((resolve) => setTimeout(resolve, ms).unref());
  const admit = createAdmit({
    now,
    sleep,
    defer: () => undefined,
    gateOf: () => gate,
    newestKeys: keysFor,
    newId: () => "here",
    onFault: () => undefined,
  });
  const times = { connectMs: 2_000, firstByteMs, readMs: 1_000 };
  return new CompletionMaker({
    now,
    sleep,
    random: () => 0,
    providers,
    keysFor,
    admit,
    tokens: new TokenEstimator(),
    times,
  });
}

type Answers = Record<string, (call: ProviderCall) => Promise<Completion> | AsyncGenerator<StreamPart>>;

/** A provider whose models behave as given; `called` lists them in the order of the calls. */
export function fakes(answers: Answers) {
  const called: string[] = [];
  const act = (request: CompletionRequest, call: ProviderCall) => {
    called.push(`${request.model}:${call.apiKey}`);
    const run = answers[request.model];
    if (!run) throw new Error(`no answer for ${request.model}`);
    return run(call);
  };
  const provider: Provider = {
    complete: async (request, call) => act(request, call) as Promise<Completion>,
    stream: async (request, call) => act(request, call) as AsyncGenerator<StreamPart>,
    check: async () => undefined,
  };
  const complete = completeWith({ openai: provider, anthropic: provider }, 20);
  return { called, complete, provider };
}
