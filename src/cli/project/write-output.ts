import { closeSync, createWriteStream, existsSync, openSync, rmSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { CommandFailure, UsageError } from "../errors.ts";

/**
 * Throws a UsageError where a file cannot be written: before something is paid whose result goes
 * there. A file that was there stays as it is, and none is left where there was none.
 */
export function checkWritable(path: string): void {
  const isNew = !existsSync(path);
  try {
    closeSync(openSync(path, "a"));
    if (isNew) rmSync(path);
  } catch (error) {
    throw new UsageError(`${path} cannot be written: ${error instanceof Error ? error.message : String(error)}`);
  }
}

/** Writes texts to a file as they come. Throws a CommandFailure where the disk does not take them. */
export async function writeOutput(path: string, texts: AsyncIterable<string>): Promise<void> {
  const file = createWriteStream(path);
  let fault: Error | undefined;
  file.once("error", (error) => (fault = error));
  try {
    await pipeline(Readable.from(texts), file);
  } catch (error) {
    if (fault === undefined || error !== fault) throw error;
    throw new CommandFailure(`${path} could not be written: ${fault.message}`);
  }
}
