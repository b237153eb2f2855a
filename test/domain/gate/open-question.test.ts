import { describe, expect, it } from "vitest";
import { OpenQuestion } from "../../../src/domain/gate/client/open-question.ts";

describe("an open question", () => {
  it("is awaited until it is closed or lost", () => {
    const open = new OpenQuestion<string>(1_000);
    expect([open.question, open.isAwaited(0)]).toEqual([null, false]);
    open.open("first", 5_000);
    expect([open.question, open.isAwaited(5_999), open.isLost(5_999)]).toEqual(["first", true, false]);
    expect([open.question, open.isAwaited(6_000), open.isLost(6_000)]).toEqual(["first", false, true]);
    expect([open.close("first"), open.question, open.isLost(6_000)]).toEqual([5_000, null, false]);
  });

  it("is not closed by the late answer to an earlier one", () => {
    const open = new OpenQuestion<string>(1_000);
    open.open("first", 0);
    open.open("second", 1_000);
    expect([open.close("first"), open.question]).toEqual([null, "second"]);
  });
});
