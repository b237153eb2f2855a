import type { ServerResponse } from "node:http";

/** Waits `ms`, or until the response closes. The timer does not keep the process alive. */
export function pause(ms: number, response: ServerResponse): Promise<void> {
  if (ms <= 0 || response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      clearTimeout(timer);
      response.off("close", done);
      resolve();
    };
    const timer = setTimeout(done, ms).unref();
    response.once("close", done);
  });
}

/** Waits until either side has closed the response. */
export function closed(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once("close", resolve);
  });
}

/** Writes, and waits for the client to read where the buffer is full. */
export async function writeAll(response: ServerResponse, data: string | Uint8Array): Promise<void> {
  if (response.destroyed || response.write(data)) return;
  await new Promise<void>((resolve) => {
    const done = (): void => {
      response.off("drain", done);
      response.off("close", done);
      resolve();
    };
    response.once("drain", done);
    response.once("close", done);
  });
}

/** Writes, and waits until the operating system has the bytes. */
export function writeThrough(response: ServerResponse, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.write(data, () => {
      response.off("close", resolve);
      resolve();
    });
  });
}

/** Waits for the next turn of the event loop, so that two writes become two packets. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
