import { expect, it } from "vitest";
import { type EndedExecution, tellEach } from "../../../src/services/executions/ended-execution.ts";
import { recorded } from "../../support/recorded.ts";

it("is told to every watcher, and the fault of one is reported and reaches nobody", () => {
  const told: string[] = [];
  const faults: unknown[] = [];
  const observe = tellEach(
    [
      () => {
        throw new Error("broken");
      },
      ({ execution }) => void told.push(execution.id),
    ],
    (event, error, ids) => void faults.push([event, String(error), ids]),
  );
  const ended = { execution: recorded({ id: "exe_1" }) } as EndedExecution;
  expect(() => observe(ended)).not.toThrow();
  expect(told).toEqual(["exe_1"]);
  expect(faults).toEqual([["execution_unobserved", "Error: broken", { id: "exe_1" }]]);
});
