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

/** What stands in a record for a credential of the request. */
const REDACTED = "<redacted>";

/** Why an execution cannot be asked again as it was; undefined where it can. */
export function whyNoReplay(detail: RecordedDetail): string | undefined {
  if (detail.input && !detail.prompt) return "It had no stored prompt";
  const missing = whyNoTest(detail);
  if (missing !== undefined) return missing;
  const isRedacted = JSON.stringify(detail.input?.parameters ?? {}).includes(REDACTED);
  return isRedacted ? "Its credentials are not on record" : undefined;
}

/** Why an execution cannot become a test; undefined where it can. */
export function whyNoTest({ input, input_truncated }: RecordedDetail): string | undefined {
  if (input_truncated === true) return "Only the beginning of its input is on record";
  return input ? undefined : "Its input is not on record";
}

/**
 * A call of `POST /v1/executions` that asks the same again, of the same version; null where the
 * record does not have all of what was asked.
 */
export function replayBody(detail: RecordedDetail): Record<string, unknown> | null {
  const { prompt, input } = detail;
  if (!prompt || !input || whyNoReplay(detail) !== undefined) return null;
  return { prompt: prompt.name, version: prompt.version, ...input };
}

/** A test of the prompt file that expects what this execution answered. */
export interface AddedTest {
  name: string;
  inputs: Record<string, unknown>;
  expected_contains: string[];
}

/** A test case of an execution; null where its whole input is not on record. */
export function testCaseOf(detail: RecordedDetail, expected: string): AddedTest | null {
  if (!detail.input || whyNoTest(detail) !== undefined) return null;
  const words = expected
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  return { name: `from ${detail.id}`, inputs: detail.input.variables, expected_contains: words };
}
