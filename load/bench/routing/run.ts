import type { EdgeProcess } from "../../harness/edge.ts";
import type { Answered } from "./savings.ts";
import type { Task } from "./mix.ts";

const CONNECTIONS = 4;

interface Reply {
  status: string;
  model: string;
  cost_usd: number | null;
  usage: { prompt_tokens: number; completion_tokens: number };
  routing?: { choice: "cheap" | "strong" };
}

/** Executes the tasks with the given model through the server's HTTP API, a few at a time. Throws at an answer that is none, or has no price. */
export async function runTasks(edge: EdgeProcess, tasks: readonly Task[], model: string): Promise<Answered[]> {
  const answered: Answered[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < tasks.length; at = next++) {
      const task = tasks[at];
      if (task) answered[at] = await execute(edge, task, model);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return answered;
}

async function execute(edge: EdgeProcess, { complexity, prompt, variables }: Task, model: string): Promise<Answered> {
  const response = await fetch(`${edge.url}/v1/executions`, {
    method: "POST",
    // Both runs ask the same questions: an answer out of a cache would be counted as a saving of routing.
    headers: { authorization: `Bearer ${edge.key}`, "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify({ prompt, variables, model }),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
  const { cost_usd, usage, routing, ...reply } = (await response.json()) as Reply;
  if (cost_usd === null) throw new Error(`${reply.model} has no known price`);
  return { complexity, model: reply.model, choice: routing?.choice ?? null, ...usage, cost_usd };
}
