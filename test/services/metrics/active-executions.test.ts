import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { ActiveExecutions } from "../../../src/services/metrics/active-executions.ts";
import { KEYED_REQUEST } from "../../support/keyed-request.ts";

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

it("counts an execution that was cut off, and does not keep its body", async () => {
  const active = new ActiveExecutions({ now: () => 1_000 });
  const begin = () => {
    const request = { ...KEYED_REQUEST, variables: { text: "x" } };
    active.begin(request);
    return new WeakRef(request);
  };
  const request = begin();
  // A weak reference holds its target until the turn is over.
  await new Promise((resolve) => setImmediate(resolve));
  collectGarbage();
  expect(request.deref()).toBeUndefined();
  expect(active.count(KEYED_REQUEST.tenant_id)[KEYED_REQUEST.lane]).toBe(1);
});
