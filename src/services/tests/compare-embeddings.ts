import * as z from "zod";
import { toAppError } from "../../domain/errors.ts";
import { embeddingsDoor } from "../../domain/doors/embeddings/door.ts";
import { type ExecutionRequest, NO_PROMPT_NAME } from "../../domain/executions/execution-options.ts";
import { startTimings } from "../../domain/executions/timings.ts";
import { cosineSimilarity } from "../../domain/tests/similarity.ts";
import type { Trial } from "../../domain/tests/test-run.ts";
import { byteLength } from "../../lib/encoding.ts";
import { ExecutionFailed } from "../executions/execute-result.ts";
import type { Judgement } from "./judge-answer.ts";
import { RunLimitReached } from "../runs/spend-within-limit.ts";
import { testOptions, type TrialDeps, type TrialRun } from "./test-options.ts";

/** The characters of an answer that are compared: models of embeddings take some 8,000 tokens. */
const COMPARED_CHARACTERS = 20_000;

const embeddings = z.object({ data: z.array(z.object({ embedding: z.array(z.number()).min(1) })).length(2) });

/**
 * How near an answer is to the expected text, by the vectors that a model makes of both in one
 * call: an execution at the door of embeddings. Where it fails, that is a verdict of 0. Throws
 * {@link RunLimitReached} where the run's money does not reach.
 */
export async function compareEmbeddings(
  deps: TrialDeps,
  run: TrialRun,
  trial: Trial,
  { id, model, expected, output }: { id: string; model: string; expected: string; output: string },
): Promise<Judgement> {
  if (output.trim() === "") {
    return { verdict: { passed: false, score: 0, reason: "there is no answer to compare" }, cost_nanousd: 0 };
  }
  const { tenant_id, key_id } = run;
  const input = [expected, output.slice(0, COMPARED_CHARACTERS).toWellFormed()];
  const body = { model, input, encoding_format: "float" };
  const { messages, parameters, own, untranslated } = embeddingsDoor.read(body);
  const common = testOptions(run, trial.case.name);
  const request: ExecutionRequest = {
    id,
    tenant_id,
    key_id,
    lane: "standard",
    purpose: "test",
    variables: {},
    options: {
      ...common,
      metadata: { ...common.metadata, embedding: true },
      prompt: { name: NO_PROMPT_NAME },
      models: [model],
      messages,
      parameters: { ...parameters, provider_options: { openai: own } },
      // The vectors of a text are the same each time.
      cache: true,
    },
    door: {
      relay: { door: "embeddings", body, body_bytes: byteLength(JSON.stringify(body)), headers: {} },
      own: Object.keys(own),
      untranslated,
    },
  };
  try {
    const { execution } = await deps.execute.run(
      request,
      startTimings(() => deps.now()),
    );
    return { verdict: verdictOf(execution.relayed), cost_nanousd: execution.cost_nanousd };
  } catch (thrown) {
    if (thrown instanceof RunLimitReached) throw thrown;
    const cost_nanousd = thrown instanceof ExecutionFailed ? thrown.execution.cost_nanousd : 0;
    const { detail } = toAppError(thrown instanceof ExecutionFailed ? thrown.error : thrown);
    return { verdict: failed(`it failed: ${detail}`), cost_nanousd, is_broken: true };
  }
}

function verdictOf(relayed: string | undefined): Judgement["verdict"] {
  const read = embeddings.safeParse(JSON.parse(relayed ?? "null"));
  const [expected, seen] = read.data?.data ?? [];
  if (!expected || !seen) return failed("it gave no two vectors");
  return { passed: true, score: cosineSimilarity(expected.embedding, seen.embedding), reason: "cosine similarity" };
}

function failed(reason: string): Judgement["verdict"] {
  return { passed: false, score: 0, reason, isMissing: true };
}
