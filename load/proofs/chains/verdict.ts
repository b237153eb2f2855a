import type { CallRecord } from "../../mock/call-record.ts";
import { type KillPlan, type ShownExecution, type ShownRun, STEPS } from "./chain-client.ts";

/** What became of a run whose server was killed. */
export interface Killed {
  plan: KillPlan;
  run: ShownRun;
  /** The calls that were under way at the kill: their caller left before the reply. */
  under: CallRecord[];
  /** All calls of the run, by the provider's log. */
  calls: CallRecord[];
  records: ShownExecution[];
  /** From the kill to the end of the run. */
  seconds: number;
}

/** The row of a kill: how often the provider was called for each step. */
export function rowOf(killed: Killed): string[] {
  const { plan, run, records, seconds } = killed;
  const unknown = records.filter(({ status }) => status === "unknown").map(({ metadata }) => metadata.chain_step);
  const counts = STEPS.map(({ model }) => String(callsOf(killed, model).length));
  const where = `${plan.form}: ${plan.step}, ${plan.moment === "call" ? "its call under way" : "its answer there"}`;
  return [where, run.status, ...counts, unknown.join(" ") || "none", `${seconds.toFixed(1)} s`];
}

/** What must not be. */
export function faultsOf(killed: Killed): string[] {
  const { plan, run, under, records } = killed;
  const place = `${plan.form}, ${plan.step}, ${plan.moment}`;
  const faults = STEPS.flatMap(({ id, model }) => {
    const calls = callsOf(killed, model).length;
    const expected = 1 + under.filter((call) => call.model === model).length;
    const statuses = records.filter(({ metadata }) => metadata.chain_step === id).map(({ status }) => status);
    const wanted = [...Array.from({ length: expected - 1 }, () => "unknown"), "succeeded"];
    return [
      ...(calls === expected ? [] : [`${place}: ${calls} calls for ${id}, not ${expected}`]),
      ...(statuses.join() === wanted.join() ? [] : [`${place}: ${id} has the records ${statuses.join()}`]),
    ];
  });
  if (run.status !== "succeeded") faults.push(`${place}: the run is ${run.status}`);
  const cost = records.reduce((sum, { cost_usd }) => sum + cost_usd, 0);
  if (Math.abs(cost - run.cost_usd) > 1e-9) faults.push(`${place}: ${run.cost_usd} told, ${cost} on record`);
  if (plan.moment === "call" && under.length !== 1) faults.push(`${place}: the kill met ${under.length} calls`);
  return faults;
}

function callsOf({ calls }: Killed, model: string): CallRecord[] {
  return calls.filter((call) => call.model === model);
}
