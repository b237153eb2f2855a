import type { ServerResponse } from "node:http";

/** Waits `ms`, or less when the response closes first. The timer never keeps the process alive. */
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

/** Waits until the response is closed, from either side. */
export function closed(response: ServerResponse): Promise<void> {
  if (response.destroyed) return Promise.resolve();
  return new Promise((resolve) => {
    response.once("close", resolve);
  });
}

/** Writes, and waits until the client has taken what was written when its buffer is full. */
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

/** Writes and waits until the bytes were handed to the operating system. */
export function writeThrough(response: ServerResponse, data: string | Uint8Array): Promise<void> {
  return new Promise((resolve) => {
    response.once("close", resolve);
    response.write(data, () => {
      response.off("close", resolve);
      resolve();
    });
  });
}

/** Lets the event loop turn once, so that two writes leave as two packets. */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve);
  });
}
