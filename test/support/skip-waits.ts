import { vi } from "vitest";

/** Does what waits for less than a minute in all, without the waiting. */
export async function skipWaits<T>(work: () => Promise<T>): Promise<T> {
  vi.useFakeTimers();
  try {
    const running = work();
    await vi.advanceTimersByTimeAsync(60_000);
    return await running;
  } finally {
    vi.useRealTimers();
  }
}
