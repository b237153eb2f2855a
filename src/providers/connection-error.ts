import { APIConnectionError, APIConnectionTimeoutError } from "openai/error";

/** How transports say that a connection took too long, in the words that the SDKs look for. */
const TIMED_OUT = /timed? ?out/i;

/** The error of a call that got no response, with what was thrown as its cause. */
export function toConnectionError(error: unknown): Error {
  const cause = error instanceof Error ? error : undefined;
  const isTimeout = [error, cause?.cause].some((said) => said instanceof Error && TIMED_OUT.test(String(said)));
  return isTimeout ? Object.assign(new APIConnectionTimeoutError(), { cause }) : new APIConnectionError({ cause });
}
