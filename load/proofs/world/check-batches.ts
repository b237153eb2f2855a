import type { Execution } from "../../../src/domain/executions/execution.ts";
import type { LocalD1 } from "../../harness/local-d1.ts";
import { boundOf } from "./check-replies.ts";
import type { Judge } from "./judge.ts";
import type { WorldBatches } from "./world-batches.ts";
import { billOf, type PaidCall } from "./paid-call.ts";

/** The truth about batches at the end of a world. */
interface BatchTruth {
  batches: WorldBatches;
  calls: readonly PaidCall[];
  rows: ReadonlyMap<string, Execution>;
}

/** Items that ended, and runs of items that were paid and whose end nobody recorded. */
export interface BatchBill {
  items: number;
  paid_unknown: number;
}

/** An accepted batch with its counts and its costs. */
interface BatchRow {
  id: string;
  wish: string;
  ended_at: number | null;
  webhook_url: string | null;
  max_cost_nanousd: number | null;
}

interface ItemRow {
  batch_id: string;
  position: number;
  state: string;
  copies: number;
  execution_id: string;
  error: string | null;
}

const BATCHES = `select id, json_extract(request, '$.metadata.wish') as wish, ended_at, webhook_url, max_cost_nanousd
  from batches where state <> 'uploading' order by rowid`;
const ITEMS = `select batch_id, position, state, copies, execution_id, error from batch_items
  where group_number is not null and batch_id in (select id from batches where state <> 'uploading') order by rowid`;

/** Checks what of batches can only be judged once everything has ended. */
export function checkBatches(judge: Judge, truth: BatchTruth): BatchBill {
  const { batches } = truth;
  const rowsOf = <T>(sql: string) => batches.databases.flatMap((each) => each.prepare(sql).now().results as T[]);
  const accepted = rowsOf<BatchRow>(BATCHES);
  const items = rowsOf<ItemRow>(ITEMS);
  for (const database of batches.databases) checkDatabase(judge, batches, database);
  checkAccepted(judge, batches, accepted);
  const billed = new Map<string, number>();
  const wishes = new Map<string, { paid: number; bound: number }>();
  const wishOf = new Map(accepted.map(({ id, wish }) => [id, wish]));
  const bill = { items: items.length, paid_unknown: 0 };
  const callsOf = Map.groupBy(truth.calls, ({ request }) => request);
  for (const id of batches.runs.keys()) {
    const { paid, bound, unknown } = checkRuns(judge, truth, callsOf, id);
    const batch = batches.watch.executions.get(id)?.batch_id ?? "";
    billed.set(batch, (billed.get(batch) ?? 0) + paid);
    const wish = wishOf.get(batch) ?? "";
    const before = wishes.get(wish) ?? { paid: 0, bound: 0 };
    wishes.set(wish, { paid: before.paid + paid, bound: before.bound + bound });
    bill.paid_unknown += unknown;
  }
  checkPaid(judge, truth, wishes);
  for (const item of items) checkItem(judge, truth, item);
  const itemsOf = Map.groupBy(items, ({ batch_id }) => batch_id);
  for (const batch of accepted) {
    const { id, max_cost_nanousd } = batch;
    checkWebhooks(judge, batches, batch, itemsOf.get(id) ?? []);
    const paid = billed.get(id) ?? 0;
    if (max_cost_nanousd === null || paid <= max_cost_nanousd) continue;
    judge.accuse("budget", `${id} was billed ${paid} of ${max_cost_nanousd}`);
  }
  return bill;
}

/** Every group of an accepted batch, changed or not. */
function checkDatabase(judge: Judge, { watch }: WorldBatches, database: LocalD1): void {
  for (const { id, ended_at } of database.prepare(BATCHES).now().results as unknown as BatchRow[]) {
    watch.checkSums(database, id);
    if (ended_at === null) judge.accuse("ends", `${id} was accepted and has no end`);
  }
}

/** What a caller was told is there, and one caller gets one batch, however often it asked. */
function checkAccepted(judge: Judge, { accepted }: WorldBatches, rows: readonly BatchRow[]): void {
  const known = new Set(rows.map(({ id }) => id));
  for (const { id, wish } of accepted) {
    if (!known.has(id)) judge.accuse("items", `${wish.name} was told ${id}, which does not exist`);
  }
  for (const [wish, found] of Map.groupBy(rows, (row) => row.wish)) {
    if (found.length > 1) judge.accuse("one-charge", `${wish} was accepted as ${found.map(({ id }) => id).join(", ")}`);
  }
}

/**
 * The runs of one execution beside its record: what was paid, and by how much a record may be off.
 */
function checkRuns(judge: Judge, { batches, rows }: BatchTruth, callsOf: Map<string, PaidCall[]>, id: string) {
  const runs = (batches.runs.get(id) ?? []).map((run) => {
    const { name } = run.life;
    const calls = callsOf.get(name) ?? [];
    const bill = calls.reduce((sum, call) => sum + billOf(call), 0);
    const bound = calls.filter(({ isDelivered }) => !isDelivered).reduce((sum, call) => sum + boundOf(call), 0);
    return { ...run, name, bill, bound, isCalling: calls.length > 0 };
  });
  const paid = runs.reduce((sum, { bill }) => sum + bill, 0);
  const bound = runs.reduce((sum, run) => sum + run.bound, 0);
  for (const { name, hadRecord, isCalling } of runs) {
    if (hadRecord && isCalling) judge.accuse("one-charge", `${name} called although ${id} was on record`);
  }
  const row = rows.get(id);
  const booked = row?.cost_nanousd ?? 0;
  const paidRuns = runs.filter(({ bill }) => bill > 0).length;
  if (!row) {
    if (paid > 0) judge.accuse("recorded", `${id} was billed ${paid} and is not on record`);
  } else if (row.status === "unknown") {
    if (booked < paid) judge.accuse("worst", `${id} was billed ${paid}, and its unknown end is booked at ${booked}`);
  } else if (!runs.some((run) => Math.abs(run.bill - booked) <= run.bound + 1)) {
    const bills = runs.map((run) => `${run.bill} (± ${Math.round(run.bound)})`).join(", ");
    judge.accuse("booked", `${id} booked ${booked} and was billed ${bills}`);
  }
  return { paid, bound, unknown: Math.max(0, paidRuns - (row && row.status !== "unknown" ? 1 : 0)) };
}

/** All that was paid for what a caller sent is counted by its records together. */
function checkPaid(judge: Judge, { rows }: BatchTruth, wishes: Map<string, { paid: number; bound: number }>): void {
  const rowsOf = Map.groupBy(rows.values(), ({ metadata }) => metadata?.["wish"]);
  for (const [wish, { paid, bound }] of wishes) {
    const booked = (rowsOf.get(wish) ?? []).reduce((sum, { cost_nanousd }) => sum + (cost_nanousd ?? 0), 0);
    if (booked + bound + 1 >= paid) continue;
    judge.accuse("booked", `${wish} was billed ${paid} (± ${Math.round(bound)}), and its records count ${booked}`);
  }
}

/** An item that ended by an execution has it on record, with the same end. */
function checkItem(judge: Judge, { batches, rows }: BatchTruth, item: ItemRow): void {
  const { batch_id, position, state, execution_id, error } = item;
  const name = `${batch_id}/${position}`;
  if (state === "queued" || state === "running") return judge.accuse("items", `${name} was accepted and is ${state}`);
  const row = rows.get(execution_id);
  if (state === "succeeded" && row?.status !== "succeeded") {
    judge.accuse("items", `${name} succeeded, and ${execution_id} is on record as ${row?.status ?? "nothing"}`);
  }
  if (state === "failed" && row?.status === "succeeded") {
    judge.accuse("items", `${name} failed with ${error}, and ${execution_id} succeeded`);
  }
  if (state === "succeeded" && !batches.runs.has(execution_id)) judge.accuse("items", `${name} never ran`);
}

/** The last end of a batch was told to its receiver, with the counts that it has. */
function checkWebhooks(judge: Judge, { receiver }: WorldBatches, batch: BatchRow, items: readonly ItemRow[]): void {
  const { id, ended_at, webhook_url } = batch;
  if (webhook_url === null || ended_at === null) return;
  const event = receiver.taken.findLast((taken) => taken.id === `msg_${id}_${ended_at}`);
  if (!event) return judge.accuse("webhooks", `${id} ended at ${ended_at} and its webhook was never taken`);
  for (const state of ["succeeded", "failed", "cancelled"]) {
    const found = items.filter((item) => item.state === state).reduce((sum, { copies }) => sum + copies, 0);
    if (event.counts[state] === found) continue;
    judge.accuse("webhooks", `${id} has ${found} ${state} items, and its webhook says ${event.counts[state]}`);
  }
}
