import { setTimeout as sleep } from "node:timers/promises";
import type { EdgeProcess } from "../../harness/edge.ts";
import type { MockProcess } from "../../harness/mock.ts";
import type { CallRecord } from "../../mock/call-record.ts";
import type { Result } from "./result.ts";
import { manage } from "./world.ts";

/** Tokens of a case, of the prompts and of the answers: at the provider, and in the records. */
export interface Bill {
  paid: string;
  billed: string;
  /** "about" where the provider broke off without a usage, so that the records estimate it. */
  agrees: "yes" | "about" | "NO" | "–";
}

interface Recorded {
  created_at: string;
  cached: unknown;
  usage: { prompt_tokens: number; completion_tokens: number; estimated?: boolean };
}

type Tokens = [prompt: number, completion: number];

interface Page {
  data: Recorded[];
  next_cursor: string | null;
}

/** The share by which an estimate may differ. */
const NEAR = 0.25;
const PAGE = 200;
const LONGEST_MS = 20_000;
const POLL_MS = 250;

/**
 * What each case was billed, once all that the provider was paid for is on record. The mock itself
 * keeps no records: there only what was paid for is told.
 */
export async function billsOf(
  mock: MockProcess,
  edge: EdgeProcess | undefined,
  results: readonly Result[],
): Promise<Bill[]> {
  const { calls } = await mock.calls();
  const paid = results.map(({ providerKeys, from, to }) =>
    sumOfCalls(calls.filter(({ key, at }) => providerKeys.includes(key) && at >= from && at < to)),
  );
  if (!edge) return paid.map((sum) => ({ paid: shown(sum), billed: "–", agrees: "–" }));
  const deadline = performance.now() + LONGEST_MS;
  const bills: Bill[] = [];
  for (const [index, result] of results.entries()) {
    let bill = compare(paid[index] ?? [0, 0], await recordsOf(edge, result));
    while (bill.agrees === "NO" && performance.now() < deadline) {
      await sleep(POLL_MS);
      bill = compare(paid[index] ?? [0, 0], await recordsOf(edge, result));
    }
    bills.push(bill);
  }
  return bills;
}

function compare(paid: Tokens, records: readonly Recorded[]): Bill {
  const billed = sumOfRecords(records);
  const isEstimated = records.some(({ usage }) => usage.estimated);
  const isNear = paid.every((tokens, index) => Math.abs(tokens - (billed[index] ?? 0)) <= NEAR * tokens + 2);
  const agrees = shown(paid) === shown(billed) ? "yes" : isEstimated && isNear ? "about" : "NO";
  return { paid: shown(paid), billed: shown(billed), agrees };
}

async function recordsOf(edge: EdgeProcess, { key, from, to }: Result): Promise<Recorded[]> {
  const all: Recorded[] = [];
  let cursor = "";
  do {
    const path = `/v1/executions?limit=${PAGE}${cursor === "" ? "" : `&cursor=${encodeURIComponent(cursor)}`}`;
    const page = await manage<Page>({ edge, key }, "GET", path);
    all.push(...page.data);
    cursor = page.next_cursor ?? "";
  } while (cursor !== "");
  return all.filter(({ created_at: at }) => Date.parse(at) >= from && Date.parse(at) < to);
}

/** A provider is paid for whatever it answers; an error costs nothing. */
function sumOfCalls(calls: readonly CallRecord[]): Tokens {
  const answered = calls.filter(
    ({ status, path, completion_tokens }) => status === 200 && (completion_tokens > 0 || path.endsWith("/embeddings")),
  );
  return [sum(answered.map((call) => call.prompt_tokens)), sum(answered.map((call) => call.completion_tokens))];
}

function sumOfRecords(records: readonly Recorded[]): Tokens {
  const called = records.filter(({ cached }) => cached === false).map(({ usage }) => usage);
  return [sum(called.map((usage) => usage.prompt_tokens)), sum(called.map((usage) => usage.completion_tokens))];
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}

function shown([prompt, completion]: Tokens): string {
  return `${prompt} + ${completion}`;
}
