import type { OperationResult } from "../../../client/index.ts";

type Answer = OperationResult<"GET /v1/executions/{id}">;

/** An execution that is on record, with what the list leaves out. */
export type RecordedDetail = Extract<Answer, { latency_ms: number }>;

/** An execution on record; null where it still waits or runs. */
export function recordedDetail(answer: Answer): RecordedDetail | null {
  return "latency_ms" in answer ? answer : null;
}

/** Whether it will be something else soon: it is in a queue, or under way. */
export function isWaiting(answer: Answer): boolean {
  return answer.status === "queued" || answer.status === "running";
}

/** A call of `POST /v1/executions` that asks the same again, of the same version. */
export function replayBody({ prompt, input }: RecordedDetail): Record<string, unknown> | null {
  if (!prompt || !input) return null;
  return { prompt: prompt.name, version: prompt.version, ...input };
}

/** A test of the prompt file that expects what this execution answered. */
export interface AddedTest {
  name: string;
  inputs: Record<string, unknown>;
  expected_contains: string[];
}

/** A test case of an execution; null where its input is not on record. */
export function testCaseOf(detail: RecordedDetail, expected: string): AddedTest | null {
  if (!detail.input) return null;
  const words = expected
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return { name: `from ${detail.id}`, inputs: detail.input.variables, expected_contains: words };
}
