import { useLocation } from "preact-iso";
import { api } from "../../api/client.ts";
import { useAction } from "../../api/use-api.ts";

/** Starts a run of a version's tests, and goes to it unless `onStarted` takes it. */
export function useRunTests(name: string, onStarted?: (id: string) => void) {
  const { route } = useLocation();
  return useAction(
    async (version: number, keyOf) => api.testRuns.start(name, { version }, { idempotencyKey: keyOf([name, version]) }),
    {
      done: ({ id }) => `The tests run: ${id}.`,
      onDone: ({ id }) => (onStarted ? onStarted(id) : route(`/app/test-runs/${id}`)),
    },
  );
}
