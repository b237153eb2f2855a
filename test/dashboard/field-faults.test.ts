import { describe, expect, it } from "vitest";
import { ApiError } from "../../src/client/errors.ts";
import { faultOf, faultsElsewhere, faultSummary } from "../../src/dashboard/ui/field-faults.ts";

const errors = [
  { path: "model", message: "is unknown" },
  { path: "items.3.variables", message: "are missing" },
];
const told = errors.map(({ path, message }) => `${path}: ${message}`).join("; ");
const fault = (detail = told) =>
  new ApiError({
    type: "about:blank",
    title: "",
    status: 422,
    detail,
    code: "validation_error",
    request_id: "r",
    errors,
  });

describe("the faults of a form", () => {
  it("are told at their fields, and once: the box below has those that no field tells", () => {
    const error = fault();
    expect([faultOf(error, "prompt"), faultOf(error, "model")]).toEqual([undefined, "is unknown"]);
    expect(faultsElsewhere(error)).toEqual([errors[1]]);
    expect(faultsElsewhere(fault())).toEqual(errors);
    expect(faultSummary(error)).toBe("The request is refused:");
    expect(faultSummary(fault("Two things are wrong."))).toBe("Two things are wrong.");
    faultOf(error, "items.3.variables");
    expect(faultSummary(error)).toBe("Each field above says what is wrong with it.");
  });

  it("are none where the API gave no answer", () => {
    expect(faultOf(new Error("no connection"), "model")).toBeUndefined();
    expect(faultOf(null, "model")).toBeUndefined();
  });
});
