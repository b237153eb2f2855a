import type { ListedExecution } from "../../harness/batch-client.ts";
import { table } from "../../harness/table.ts";
import type { CallRecord } from "../../mock/call-record.ts";
import type { Callers } from "./callers.ts";
import { MODELS } from "./forms.ts";

/** What clients, the provider and the ledger know after a load under kills. */
export interface KilledLoad {
  callers: Pick<Callers, "answered" | "heard" | "failed">;
  /** Unix ms. */
  killedAt: readonly number[];
  /** The provider's log. */
  calls: readonly CallRecord[];
  records: readonly ListedExecution[];
}

/** How long after its end a call may have no record yet, ms: a kill then cuts it off, too. */
const RECORDED_WITHIN_MS = 1_000;

/** The promises that a load under kills broke. */
export function faultsOf({ callers, killedAt, calls, records }: KilledLoad): string[] {
  const faults: string[] = [];
  const ids = new Set(records.map(({ id }) => id));
  if (ids.size < records.length) faults.push(`${records.length - ids.size} executions are on record twice`);
  for (const [known, told] of [
    ["answered", callers.answered],
    ["heard", callers.heard],
  ] as const) {
    for (const [form, lost] of byForm(told, (id) => !ids.has(id))) {
      if (lost.length > 0) faults.push(`${form}: ${lost.length} ${known} executions are not on record: ${lost[0]}`);
    }
  }
  for (const [group, model] of Object.entries(MODELS)) {
    const paid = paidRequests(calls, model);
    const made = madeRecords(records, model).length;
    if (made < paid.size) faults.push(`${group}: ${paid.size} requests were paid and ${made} are on record`);
    // Requests that share an answer share no promise: who does not reach a flight calls alone.
    if (model === MODELS.cached) continue;
    const again = [...paid.values()].filter((each) => each.slice(0, -1).some((call) => !wasCutOff(call, killedAt)));
    if (again.length > 0) faults.push(`${group}: ${again.length} requests were paid again though no kill cut them off`);
  }
  return faults;
}

/** The counts by form, and those of the provider beside the ledger. */
export function describeKills({ callers, calls, records }: KilledLoad): string {
  const status = new Map(records.map((record) => [record.id, record.status]));
  const forms = [...byForm(callers.answered, () => true)].toSorted(([a], [b]) => a.localeCompare(b));
  const formRows = [...forms, ["all", [...callers.answered.keys()]] as const].map(([form, answered]) => {
    const count = (is: (end: string | undefined) => boolean) => answered.filter((id) => is(status.get(id))).length;
    const onRecord = count((end) => end !== undefined);
    return [form, answered.length, onRecord, answered.length - onRecord, count((end) => end === "unknown")].map(String);
  });
  const groupRows = Object.entries(MODELS).map(([group, model]) => {
    const paid = paidRequests(calls, model);
    const total = [...paid.values()].reduce((sum, each) => sum + each.length, 0);
    const own = madeRecords(records, model);
    const unknown = own.filter((record) => record.status === "unknown").length;
    return [group, total, paid.size, total - paid.size, own.length, unknown].map(String);
  });
  return [
    table([["form", "answered", "on record", "lost", "as unknown"], ...formRows]),
    "",
    table([["provider", "calls", "requests", "paid again", "on record", "as unknown"], ...groupRows]),
    `on record in all: ${records.length}; of ${callers.heard.size} executions that clients heard of, ` +
      `${[...callers.heard.keys()].filter((id) => status.has(id)).length}`,
    `requests that failed: ${JSON.stringify(Object.fromEntries(callers.failed))}`,
  ].join("\n");
}

function byForm(told: ReadonlyMap<string, string>, wanted: (id: string) => boolean): Map<string, string[]> {
  const forms = new Map<string, string[]>();
  for (const [id, form] of told) {
    const own = forms.get(form) ?? [];
    if (wanted(id)) own.push(id);
    forms.set(form, own);
  }
  return forms;
}

/** The calls of a model by their request: each request of the load has a text of its own. */
function paidRequests(calls: readonly CallRecord[], model: string): Map<string, CallRecord[]> {
  const own = calls.filter((call) => call.model === model);
  return Map.groupBy(own, (call) => call.body_sha256);
}

/** The executions on record that called a provider, as far as is known. */
function madeRecords(records: readonly ListedExecution[], model: string): ListedExecution[] {
  return records.filter((record) => record.model === model && record.cached === false);
}

/** Whether the server was killed during a call, or before the call's record had to be written. */
function wasCutOff({ at, ended_at }: CallRecord, killedAt: readonly number[]): boolean {
  return killedAt.some((kill) => at <= kill && kill <= (ended_at ?? Infinity) + RECORDED_WITHIN_MS);
}
