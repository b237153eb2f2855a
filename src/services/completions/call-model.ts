import type { AnswerCache } from "../../cache/answers.ts";
import { type Answer, type AnswerPart, isStorable } from "../../domain/completions/answer.ts";
import { addPart, type Ask, beginCompletion, type Completion } from "../../domain/completions/completion.ts";
import { AppError } from "../../domain/errors.ts";
import { validateOutput } from "../../domain/completions/output-schema.ts";
import type { Complete, CompletionCall } from "./complete.ts";
import type { Lead } from "./flights.ts";
import type { Ledger } from "../executions/ledger.ts";
import type { Candidate } from "./route-model.ts";
import type { Timings } from "../../domain/executions/timings.ts";

/** A call to be made for an execution. `execution_id` is the one that pays for it. */
export interface Calling extends CompletionCall {
  execution_id: string;
  form: "whole" | "stream";
  /** The cache key, null where the answer must not be stored. */
  key: string | null;
  /** How long a stored answer may stand in beyond its freshness, seconds. */
  stale_s: number;
  ledger: Ledger;
  timings: Timings;
  /** Told of each whole answer, whether it will do or not. */
  onCompletion(completion: Completion): void;
}

/** Calls a model, books what it costs, stores what may be stored, and tells a flight's followers. Throws AppError where no candidate could answer. */
export type CallModel = (
  calling: Calling,
  lead?: Lead,
) => Promise<{ candidate: Candidate; parts: AsyncIterable<AnswerPart> }>;

/** The service over the completion of one call. */
export function createCallModel(deps: { complete: Complete; answers: Pick<AnswerCache, "store"> }): CallModel {
  function land(calling: Calling, candidate: Candidate, answer: Answer, lead?: Lead): void {
    const { key, candidates } = calling;
    // What another model gave in the preferred one's place is shared with those who wait now, and not with those who come later.
    const preferred = candidates[0]?.model === candidate.model && candidates[0].provider === candidate.provider;
    const keep = preferred && isStorable(answer);
    if (keep && key !== null) deps.answers.store(key, answer, calling.stale_s);
    lead?.answer(answer, keep);
  }

  async function whole(calling: Calling, lead?: Lead) {
    const { ask, ledger } = calling;
    const accept = (completion: Completion, candidate: Candidate) => {
      ledger.book(candidate.provider, completion, candidate.model);
      calling.onCompletion(completion);
      return { candidate, answer: answerOf(calling, candidate, completion, checkOutput(ask, completion)) };
    };
    const { candidate, answer } = await deps.complete.whole(calling, accept);
    lead?.open(candidate);
    lead?.text(answer.text);
    land(calling, candidate, answer, lead);
    return { candidate, parts: wholeParts(answer) };
  }

  /** The one tap on a provider's stream: passes text on, and books at the end whatever happened. */
  async function* tap(
    calling: Calling,
    { candidate, parts }: Awaited<ReturnType<Complete["stream"]>>,
    lead?: Lead,
  ): AsyncGenerator<AnswerPart> {
    const completion = beginCompletion(candidate.model);
    let over = false;
    const book = () => {
      if (!over) calling.ledger.book(candidate.provider, completion, candidate.model);
      over = true;
    };
    try {
      for await (const part of parts) {
        addPart(completion, part);
        if (part.type !== "text") continue;
        lead?.text(part.text);
        yield { type: "text", text: part.text };
      }
      book();
      const answer = answerOf(calling, candidate, completion, checkOutput(calling.ask, completion));
      land(calling, candidate, answer, lead);
      yield { type: "answer", answer };
    } catch (error) {
      book();
      throw told(error, calling, lead);
    } finally {
      // Whoever read the parts has gone before their end.
      if (!over) told(new AppError("internal_error", "The answer was not read to its end."), calling, lead);
    }
  }

  return async function callModel(calling, lead) {
    try {
      return await calling.timings.measure("llm", async () => {
        if (calling.form === "whole") return whole(calling, lead);
        const stream = await deps.complete.stream(calling);
        lead?.open(stream.candidate);
        return { candidate: stream.candidate, parts: tap(calling, stream, lead) };
      });
    } catch (error) {
      throw told(error, calling, lead);
    }
  };
}

/** The error, after the followers were told. A time that ran out is the leader's own: it may have set itself less than they did, or its isolate may be busy; another of them may lead. */
function told(error: unknown, { signal }: Calling, lead?: Lead): unknown {
  const failure =
    error instanceof AppError ? error : new AppError("internal_error", "The execution failed.", { cause: error });
  lead?.fail(failure, signal.aborted || failure.code === "timeout");
  return failure;
}

async function* wholeParts(answer: Answer): AsyncGenerator<AnswerPart> {
  yield { type: "text", text: answer.text };
  yield { type: "answer", answer };
}

function answerOf(
  { execution_id, ledger }: Calling,
  { provider, model }: Candidate,
  { text, finish_reason }: Completion,
  output_json: unknown,
): Answer {
  const { attempts: _attempts, ...totals } = ledger.totals();
  return {
    ...totals,
    execution_id,
    provider,
    model,
    text,
    finish_reason,
    ...(output_json === undefined ? {} : { output_json }),
  };
}

/** The parsed answer where the prompt asks for JSON; throws `provider_error`, worth another model's try, where it does not fit the schema. */
export function checkOutput(ask: Ask, completion: Completion): unknown {
  if (!ask.output_schema) return undefined;
  const checked = validateOutput(ask.output_schema, completion.text);
  if (checked.ok) return checked.value;
  throw new AppError("provider_error", "The model's answer does not fit the prompt's output_schema.", {
    errors: checked.errors,
    retryable: true,
  });
}
