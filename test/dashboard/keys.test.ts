import { describe, expect, it } from "vitest";
import { SCOPES as API_SCOPES } from "../../src/domain/tenants/api-key.ts";
import { auditQueryOf, detailText, fieldOf, hrefOfObject, timeOf } from "../../src/dashboard/pages/keys/audit-entry.ts";
import { grantableScopes, SCOPES } from "../../src/dashboard/pages/keys/scopes.ts";

describe("the scopes of a new key", () => {
  it("are all that the API has", () => {
    expect(SCOPES.map(([scope]) => scope).toSorted()).toEqual([...API_SCOPES].toSorted());
  });

  it("are those of the key that is signed in, and every one for admin", () => {
    expect(grantableScopes(["prompts:read", "usage:read"]).map(([scope]) => scope)).toEqual([
      "prompts:read",
      "usage:read",
    ]);
    expect(grantableScopes(["admin"])).toHaveLength(SCOPES.length);
  });
});

describe("an entry of the audit log", () => {
  it("leads to the page of its object, where it has one", () => {
    expect(hrefOfObject("prompt:support/reply")).toBe("/app/prompts/support%2Freply");
    expect(hrefOfObject("label:support/reply@production")).toBe("/app/prompts/support%2Freply?tab=labels");
    expect(hrefOfObject("batch:bat_1")).toBe("/app/batches/bat_1");
    expect(hrefOfObject("webhook:ops")).toBeNull();
    expect(hrefOfObject("telemetry")).toBeNull();
  });

  it("says its facts in one line", () => {
    expect(detailText({ cause: "set", to: [{ version: 4 }] })).toBe('cause set, to [{"version":4}]');
  });

  it("is asked for by times with a zone, and by none where a field is no time", () => {
    expect(timeOf("2026-11-26T18:50")).toBe(new Date("2026-11-26T18:50").toISOString());
    expect(timeOf("soon")).toBe("");
    // Also while a year is typed.
    for (const field of ["2026-11-26T18:50", "0002-11-26T18:50"]) expect(fieldOf(timeOf(field))).toBe(field);
    expect(fieldOf("soon")).toBe("");
    const filters = { actor: "root", action: "label.*", object: "", from: "", to: "2026-11-26T18:50" };
    expect(auditQueryOf(filters)).toEqual({ actor: "root", action: "label.*", to: timeOf(filters.to) });
  });
});
