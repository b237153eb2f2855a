import { NotFoundError } from "../../client/index.ts";

/** What is read of a prompt; null where there is no such prompt, or no version of that label. */
export async function whereStored<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof NotFoundError) return null;
    throw error;
  }
}
