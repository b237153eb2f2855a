import type { ExecutionBody } from "./executions.ts";
import type { AllOptional, CallOptions } from "./operations.ts";

/**
 * The prompts of a project with the variables that each takes, as `printPromptTypes` writes them:
 * `{ "support/answer": { variables: { question: string } } }`.
 */
export type PromptTypes<Prompts> = { [Name in keyof Prompts]: { variables: object } };

/** Any prompt with any variables. */
export type AnyPrompts = Record<string, { variables: Record<string, unknown> }>;

/** What an execution may be given beside its prompt, with the variables that the prompt takes. */
export type ExecuteOptions<Variables> = Omit<ExecutionBody, "prompt" | "variables"> &
  CallOptions & {
    /** What stored answers may be used: `no-store`, `no-cache`, `max-age=60`, `only-if-cached`. */
    cacheControl?: string;
  } & (AllOptional<Variables> extends true ? { variables?: Variables } : { variables: Variables });

/** The arguments of an execution: a prompt's name, and what that very prompt takes. */
export type PromptCall<Prompts extends PromptTypes<Prompts>> = {
  [Name in keyof Prompts & string]: AllOptional<Prompts[Name]["variables"]> extends true
    ? [prompt: Name, options?: ExecuteOptions<Prompts[Name]["variables"]>]
    : [prompt: Name, options: ExecuteOptions<Prompts[Name]["variables"]>];
}[keyof Prompts & string];

/** An execution's body, and apart from it what is said of the call. */
export function splitCall(
  prompt: string,
  options: ExecuteOptions<Record<string, unknown>> = {},
): CallOptions & { body: ExecutionBody } {
  const { signal, timeoutMs, maxRetries, idempotencyKey, headers, cacheControl, ...body } = options;
  return {
    signal,
    timeoutMs,
    maxRetries,
    idempotencyKey,
    headers: { ...headers, ...(cacheControl === undefined ? {} : { "cache-control": cacheControl }) },
    body: { ...body, prompt },
  };
}
