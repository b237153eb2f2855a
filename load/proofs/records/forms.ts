import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import { type BatchClient, ITEM_PROMPT, itemLines, openItems } from "../../harness/batch-client.ts";
import { type Endpoint, executePrompt, type ExecutionRequest } from "../../harness/execution.ts";

/** What a client has learned of the executions that it asked for. */
export interface Learned {
  /** The ids of executions whose whole answer the client has. */
  answered: string[];
  /** The ids of executions of which it has heard, answered or not. */
  heard: string[];
  /** Why it has no answer; null where it has. */
  failure: string | null;
}

/** What a form of request works with. */
export interface FormContext {
  /** Read for each request, because a restarted server has a new address. */
  endpoint: () => Endpoint;
  client: BatchClient;
  /** Resolves while the server is up, so that its downtime adds no load for its return. */
  untilUp: () => Promise<unknown>;
  /** True once the load has ended; what is followed must then come to an end. */
  isStopped: () => boolean;
}

/** A reply, and, where its result is not there yet, the rest: followed while the caller goes on. */
export interface Sent {
  learned: Learned;
  rest?: Promise<Learned>;
}

/** A form of request. Its calls are known at the provider by the model. */
export interface Form {
  name: string;
  /** Requests of this form among {@link ROUND}. */
  share: number;
  send(context: FormContext): Promise<Sent>;
}

/** The models by which the provider's log tells the forms apart. `accepted` is the prompt's own. */
export const MODELS = { direct: "gpt-4.1-mini", keyed: "gpt-4o", cached: "gpt-4.1", accepted: "gpt-4o-mini" };

const FOLLOW_MS = 400;
/** How long a key or accepted work is followed at most after the load. */
const FOLLOW_TIMEOUT_MS = 60_000;
/** Requests within this time share an answer: one leads, others follow its flight or hit caches. */
const SHARED_MS = 400;
const BATCH_ITEMS = 3;
/** What a later try under the same key may resolve. */
const UNRESOLVED = new Set([0, 409, 503]);

/** Whole answers, streams, and both under idempotency keys. */
export const DIRECT: readonly Form[] = [
  { name: "whole", share: 3, send: async (context) => sendOnce(context, direct(false)) },
  { name: "stream", share: 3, send: async (context) => sendOnce(context, direct(true)) },
  { name: "keyed", share: 2, send: async (context) => sendKeyed(context, false) },
  { name: "keyed stream", share: 2, send: async (context) => sendKeyed(context, true) },
];

/** The same, and answers from caches and flights, asynchronous executions and batches. */
export const ALL_FORMS: readonly Form[] = [
  ...DIRECT,
  { name: "cached", share: 3, send: async (context) => sendOnce(context, cached(false)) },
  { name: "cached stream", share: 1, send: async (context) => sendOnce(context, cached(true)) },
  { name: "async", share: 1, send: async (context) => accept(context, acceptAsync) },
  { name: "batch item", share: 1, send: async (context) => accept(context, acceptBatch) },
];

function direct(stream: boolean, model = MODELS.direct): ExecutionRequest {
  return { prompt: ITEM_PROMPT.name, model, variables: { item: randomUUID() }, stream, cache: false };
}

function cached(stream: boolean): ExecutionRequest {
  const item = `shared-${Math.floor(Date.now() / SHARED_MS)}`;
  return { prompt: ITEM_PROMPT.name, model: MODELS.cached, variables: { item }, stream };
}

async function sendOnce({ endpoint }: FormContext, request: ExecutionRequest): Promise<Sent> {
  return { learned: (await execute(endpoint(), request)).learned };
}

async function execute(endpoint: Endpoint, request: ExecutionRequest, idempotencyKey?: string) {
  const { id, view, complete, error, status } = await executePrompt(endpoint, request, { idempotencyKey });
  const told = view?.id ?? id;
  const heard = told === null ? [] : [told];
  const failure = complete ? null : (error ?? `status ${status}`);
  const isCut = status === 200 && !complete;
  return { learned: { answered: complete ? heard : [], heard, failure }, isFinal: !isCut && !UNRESOLVED.has(status) };
}

/** A client with a key asks again, under the same key, until it has the result. */
async function sendKeyed(context: FormContext, stream: boolean): Promise<Sent> {
  const key = randomUUID();
  const request = direct(stream, MODELS.keyed);
  const first = await execute(context.endpoint(), request, key);
  if (first.isFinal) return { learned: first.learned };
  const rest = follow(context, async () => {
    const { learned, isFinal } = await execute(context.endpoint(), request, key);
    return isFinal ? learned : null;
  });
  return { learned: first.learned, rest };
}

/** Accepted work: its id, and what the client learns once it has ended. */
type Accept = (context: FormContext) => Promise<{ heard: string[]; look: () => Promise<Learned | null> }>;

async function accept(context: FormContext, form: Accept): Promise<Sent> {
  try {
    const { heard, look } = await form(context);
    return { learned: { answered: [], heard, failure: null }, rest: follow(context, look) };
  } catch (error) {
    return { learned: { answered: [], heard: [], failure: reasonOf(error) } };
  }
}

const acceptAsync: Accept = async ({ client }) => {
  const id = await client.acceptExecution(ITEM_PROMPT.name, { item: randomUUID() });
  const look = async () => {
    const status = await client.statusOf(id);
    if (status === "queued" || status === "running") return null;
    return status === "succeeded"
      ? { answered: [id], heard: [], failure: null }
      : { answered: [], heard: [], failure: status };
  };
  return { heard: [id], look };
};

const acceptBatch: Accept = async ({ client }) => {
  const { id } = await client.upload(ITEM_PROMPT.name, itemLines(randomUUID(), BATCH_ITEMS), "queue");
  const look = async () => {
    if (openItems(await client.get(id)) > 0) return null;
    const lines = await client.results(id);
    const answered = lines.flatMap(({ status, execution }) =>
      status === "succeeded" && execution ? [execution.id] : [],
    );
    return { answered, heard: answered, failure: answered.length === lines.length ? null : "a batch item failed" };
  };
  return { heard: [], look };
};

/** Looks until there is a result; the server may be down meanwhile. */
async function follow({ isStopped, untilUp }: FormContext, look: () => Promise<Learned | null>): Promise<Learned> {
  let until = Infinity;
  let failure = "it did not end";
  while (performance.now() < until) {
    if (until === Infinity && isStopped()) until = performance.now() + FOLLOW_TIMEOUT_MS;
    await sleep(FOLLOW_MS);
    await untilUp();
    try {
      const learned = await look();
      if (learned) return learned;
      failure = "it did not end";
    } catch (error) {
      failure = reasonOf(error);
    }
  }
  return { answered: [], heard: [], failure };
}

/** An error without what differs from one request to the next. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message.slice(0, 80).replace(/\/v1\/\S+/, "a request") : String(error);
}
