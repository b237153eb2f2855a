import type { Execution } from "../../../src/domain/executions/execution.ts";
import type { Reply } from "./caller.ts";
import type { Judge } from "./judge.ts";
import { billOf, type PaidCall } from "./paid-call.ts";

/** An admission: how often one was asked for, and what was reserved and settled. */
export interface SeenAdmission {
  id: string;
  request: string;
  reserved: number;
  settled: number | null;
}

/** An intent that was durable at `at` ms after the start. */
export interface SeenIntent {
  id: string;
  at: number;
}

/** The truth at the end of a world, to be compared with what it recorded. */
export interface Truth {
  replies: readonly Reply[];
  calls: readonly PaidCall[];
  admissions: ReadonlyMap<string, SeenAdmission>;
  rows: ReadonlyMap<string, Execution>;
  /** The intents of each request, in their order. */
  intents: ReadonlyMap<string, readonly SeenIntent[]>;
  /** The start of the world, Unix ms. */
  startMs: number;
}

/**
 * Money of a world, in nano-dollars; executions whose end nobody recorded; and answers that cost
 * nothing, out of a cache or a flight, whose record was lost with their isolate.
 */
export interface Bill {
  billed: number;
  booked: number;
  unknown: number;
  unknown_billed: number;
  unknown_booked: number;
  forgotten: number;
}

/** The part of a broken call's bill by which its record may be off. */
const BROKEN_SHARE = 0.5;
/** Tokens by which the estimate of a short text is too high. */
const MESSAGE_TOKENS = 4;
/** The part by which a settled call may be below what it brought. */
const SETTLED_SHARE = 0.9;

/** Checks what can only be judged once everything has ended. */
export function checkTruth(judge: Judge, truth: Truth): Bill {
  const callsOf = Map.groupBy(truth.calls, ({ request }) => request);
  checkCharges(judge, truth, callsOf);
  checkReplies(judge, truth, callsOf);
  checkSettled(judge, truth);
  checkStarts(judge, truth, callsOf);
  let booked = 0;
  const told = new Map(truth.replies.flatMap((reply) => (reply.execution ? [[reply.execution.id, reply]] : [])));
  let forgotten = 0;
  for (const { execution, request } of told.values()) {
    if (!execution || truth.rows.has(execution.id)) continue;
    if (execution.attempts === 0 && !truth.intents.has(request)) forgotten += 1;
    else {
      judge.accuse("recorded", `${execution.id} was answered to ${request} and is not on record`);
    }
  }
  const unknown = checkOwned(judge, truth);
  for (const row of truth.rows.values()) booked += row.cost_nanousd ?? 0;
  const callsFor = Map.groupBy(truth.calls, ({ request }) => truth.intents.get(request)?.[0]?.id ?? "");
  for (const reply of truth.replies) checkBooked(judge, truth, callsFor.get(reply.execution?.id ?? "") ?? [], reply);
  return { billed: truth.calls.reduce((sum, call) => sum + billOf(call), 0), booked, ...unknown, forgotten };
}

/**
 * Every call was made for an execution that was durable before, and what it billed is on record; at
 * its worst, where the end is not known.
 */
function checkOwned(judge: Judge, { calls, intents, rows }: Truth) {
  const billed = new Map<string, number>();
  for (const call of calls) {
    const { number, request, began } = call;
    if (isRunOfItem(request)) continue;
    const [owner] = intents.get(request) ?? [];
    const bill = billOf(call);
    if (owner) billed.set(owner.id, (billed.get(owner.id) ?? 0) + bill);
    if (!owner || owner.at > began) judge.accuse("owned", `call${number} of ${request} was made without an intent`);
    else if (bill > 0 && !rows.has(owner.id)) {
      judge.accuse("recorded", `call${number} of ${request} billed ${bill}, and ${owner.id} is not on record`);
    }
  }
  const sums = { unknown: 0, unknown_billed: 0, unknown_booked: 0 };
  for (const { id, status, cost_nanousd } of rows.values()) {
    if (status !== "unknown") continue;
    const [bill, booked] = [billed.get(id) ?? 0, cost_nanousd ?? 0];
    sums.unknown += 1;
    sums.unknown_billed += bill;
    sums.unknown_booked += booked;
    if (booked < bill) judge.accuse("worst", `${id} was billed ${bill}, and its unknown end is booked at ${booked}`);
  }
  return sums;
}

/** One key, one charge: only one of its requests spent money. */
function checkCharges(judge: Judge, { replies }: Truth, callsOf: Map<string, PaidCall[]>): void {
  const byKey = Map.groupBy(
    replies.filter(({ wish }) => wish.key !== undefined),
    ({ wish }) => wish.key,
  );
  for (const [key, tries] of byKey) {
    const paid = tries.filter(({ request }) => (callsOf.get(request) ?? []).some(({ seen }) => seen > 0));
    if (paid.length < 2) continue;
    const who = paid.map(({ request, kind, error }) => `${request} (${error?.code ?? kind})`).join(", ");
    judge.accuse("one-charge", `key ${key} paid ${paid.length} times: ${who}`);
  }
}

/** A passing failure frees a key if nothing was spent: the next try may be answered otherwise. */
function freesKey({ error, request }: Reply, callsOf: Map<string, PaidCall[]>): boolean {
  return error?.retryable === true && (callsOf.get(request) ?? []).every(({ fate }) => fate === "refused");
}

function checkReplies(judge: Judge, { replies }: Truth, callsOf: Map<string, PaidCall[]>): void {
  const first = new Map<string, Reply>();
  const final = (reply: Reply) => reply.execution && !freesKey(reply, callsOf);
  for (const reply of replies.filter(final).toSorted((a, b) => a.ended - b.ended)) {
    const { key } = reply.wish;
    if (key === undefined) continue;
    const known = first.get(key) ?? reply;
    // An end that was not known may become known.
    first.set(key, known.execution?.status === "unknown" ? reply : known);
    if (known.execution?.status === "unknown") continue;
    const same = known.execution?.id === reply.execution?.id && known.execution?.output === reply.execution?.output;
    if (same && known.error?.code === reply.error?.code) continue;
    judge.accuse(
      "replies",
      `key ${key}: ${known.request} got ${known.execution?.id} ${known.error?.code ?? "done"}, ` +
        `${reply.request} got ${reply.execution?.id} ${reply.error?.code ?? "done"}`,
    );
  }
}

/** An execution started after its request came, and before its first call. */
function checkStarts(judge: Judge, { replies, rows, intents, startMs }: Truth, callsOf: Map<string, PaidCall[]>): void {
  for (const { request, began } of replies) {
    const [{ id } = { id: "" }] = intents.get(request) ?? [];
    const row = rows.get(id);
    if (!row) continue;
    const started = row.created_at - startMs;
    const [first] = callsOf.get(request) ?? [];
    if (started >= Math.floor(began) && started <= (first?.began ?? Infinity)) continue;
    judge.accuse("days", `${id} started at ${started}, and ${request} came at ${began} and called at ${first?.began}`);
  }
}

function checkSettled(judge: Judge, { calls, admissions }: Truth): void {
  for (const call of calls) {
    const admission = admissions.get(call.admission);
    if (!admission || admission.settled === null || call.fate === "refused") continue;
    const brought = call.seen === 0 ? 0 : call.prompt_tokens + call.seen;
    if (admission.settled >= brought * SETTLED_SHARE) continue;
    judge.accuse(
      "settled",
      `call${call.number} of ${call.request} brought ${brought} tokens, ` +
        `reserved ${admission.reserved} and settled ${admission.settled} at ${call.key} (${call.fate})`,
    );
  }
}

/** How far the record of a call that broke off may be from its bill, in nano-dollars. */
export function boundOf(call: PaidCall): number {
  const bill = billOf(call);
  if (call.seen === 0) return bill;
  return bill * BROKEN_SHARE + billOf({ ...call, made: call.made + MESSAGE_TOKENS }) - bill;
}

/** Whether a call was made in the run of an execution that a row of a batch names. */
function isRunOfItem(life: string): boolean {
  return life.startsWith("exe_");
}

/**
 * The record of an execution that made calls, beside their bill. Under a key, a later request may
 * have made them in the name of one that was turned away.
 */
function checkBooked(
  judge: Judge,
  { rows }: Truth,
  calls: readonly PaidCall[],
  { execution, request, replayed }: Reply,
) {
  const row = execution && !replayed ? rows.get(execution.id) : undefined;
  // Without a record, the reservation is booked.
  if (!row || row.status === "unknown") return;
  const billed = calls.reduce((sum, call) => sum + billOf(call), 0);
  const broken = calls.filter(({ isDelivered }) => !isDelivered);
  const bound = broken.reduce((sum, call) => sum + boundOf(call), 0);
  const booked = row.cost_nanousd ?? 0;
  if (Math.abs(booked - billed) <= bound + 1) return;
  judge.accuse(
    "booked",
    `${row.id} of ${request} booked ${booked} of ${billed} billed (± ${Math.round(bound)}): ` +
      calls.map(({ number, fate, made, seen }) => `call${number} ${fate} made ${made} seen ${seen}`).join(", "),
  );
}
