import { withCleanup } from "./cleanup.ts";
import { type EdgeOptions, type EdgeProcess, startEdge } from "./edge.ts";
import { type MockProcess, startMock } from "./mock.ts";

/** The runtime and the mock provider behind it, each in processes of its own. */
export interface LocalStack {
  mock: MockProcess;
  edge: EdgeProcess;
}

/** Starts a mock provider and the runtime in front of it, does `work`, and stops both. */
export async function withLocalStack<T>(options: EdgeOptions, work: (stack: LocalStack) => Promise<T>): Promise<T> {
  return withCleanup(async (stopLater) => {
    const mock = stopLater(await startMock());
    const edge = stopLater(await startEdge(mock, options));
    return work({ mock, edge });
  });
}
