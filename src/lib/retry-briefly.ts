import { withTimeout } from "./deadline.ts";

/** How a call is repeated. `isFinal` says of an error that another try must not follow it. */
export interface BriefRetry {
  sleep: (ms: number) => Promise<void>;
  isFinal?: (error: unknown) => boolean;
}

/** The pauses between the tries, in ms. */
const PAUSES_MS = [50, 200, 800];
/** How long one try may take, in ms. */
const TRY_MS = 2_000;

/**
 * Makes a call that may be made twice without harm, and repeats it after short pauses where it
 * fails or hangs. Takes about 9 s at the most, then throws the last error.
 */
export async function retryBriefly<T>({ sleep, isFinal }: BriefRetry, call: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries++) {
    try {
      return await withTimeout(call(), TRY_MS, () => new Error(`A call was not answered in ${TRY_MS} ms.`));
    } catch (error) {
      const pause = PAUSES_MS[tries];
      if (pause === undefined || isFinal?.(error) === true) throw error;
      await sleep(pause);
    }
  }
}
