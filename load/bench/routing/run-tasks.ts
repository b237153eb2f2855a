import type { EdgeProcess } from "../../harness/edge.ts";
import type { Task } from "./mix.ts";
import type { PricedAnswer } from "./savings.ts";

const CONNECTIONS = 4;

interface ExecutionReply {
  status: string;
  model: string;
  cost_usd: number | null;
  usage: { prompt_tokens: number; completion_tokens: number };
  routing?: { choice: "cheap" | "strong" };
}

/**
 * Executes the tasks with a model through the HTTP API, four at a time. Returns their answers in
 * the tasks' order. Throws where one fails or its model has no known price.
 */
export async function runTasks(edge: EdgeProcess, tasks: readonly Task[], model: string): Promise<PricedAnswer[]> {
  const answers: PricedAnswer[] = [];
  let next = 0;
  const work = async () => {
    for (let at = next++; at < tasks.length; at = next++) {
      const task = tasks[at];
      if (task) answers[at] = await execute(edge, task, model);
    }
  };
  await Promise.all(Array.from({ length: CONNECTIONS }, work));
  return answers;
}

async function execute(edge: EdgeProcess, { complexity, prompt, variables }: Task, model: string) {
  const response = await fetch(`${edge.url}/v1/executions`, {
    method: "POST",
    // Both runs send the same inputs. An answer from a cache would look like a saving of routing.
    headers: { authorization: `Bearer ${edge.key}`, "content-type": "application/json", "cache-control": "no-store" },
    body: JSON.stringify({ prompt, variables, model }),
  });
  if (!response.ok) throw new Error(`the server answered ${response.status}: ${await response.text()}`);
  const { cost_usd, usage, routing, ...reply } = (await response.json()) as ExecutionReply;
  if (cost_usd === null) throw new Error(`${reply.model} has no known price`);
  return { complexity, model: reply.model, choice: routing?.choice ?? null, ...usage, cost_usd };
}
