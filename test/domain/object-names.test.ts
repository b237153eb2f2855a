import { describe, expect, it } from "vitest";
import {
  branchName,
  gateName,
  hasJurisdiction,
  IsolatePlace,
  type LocationHint,
  locationHintOf,
  type NamedObjects,
  objectNamed,
  rootOfGate,
  rootOfThrottle,
  tenantPrefix,
} from "../../src/domain/object-names.ts";
import { newId } from "../../src/domain/id.ts";

/** A namespace whose stubs say how they were asked for. */
function namespaceIn(jurisdiction: string): NamedObjects<string> {
  return {
    getByName: (name, options) => `${jurisdiction} ${name} ${options?.locationHint ?? "anywhere"}`,
    jurisdiction: (other) => namespaceIn(other),
  };
}

const GLOBAL = namespaceIn("global");

describe("where objects are made", () => {
  it.each<[Record<string, unknown>, LocationHint | undefined]>([
    [{ continent: "NA", country: "US", longitude: "-122.3" }, "wnam"],
    [{ continent: "NA", country: "US", longitude: "-77.5" }, "enam"],
    [{ continent: "NA" }, "enam"],
    [{ continent: "EU", longitude: "8.7" }, "weur"],
    [{ continent: "EU", longitude: "21.0" }, "eeur"],
    [{ continent: "AS", country: "JP", longitude: "139.7" }, "apac"],
    [{ continent: "AS", country: "AE" }, "me"],
    [{ continent: "SA" }, "sam"],
    [{ continent: "OC" }, "oc"],
    [{ continent: "AF" }, "afr"],
    [{ continent: "AN" }, undefined],
    [{ country: "T1" }, undefined],
  ])("follows where a request came in: %j is %s", (origin, hint) => {
    expect(locationHintOf(origin)).toBe(hint);
  });

  it("is asked for by a hint once an isolate knows its place, and left to the platform until then", () => {
    const place = new IsolatePlace(0.6);
    place.note(undefined);
    place.note({ country: "T1" });
    expect([place.isKnown, place.branch, objectNamed(GLOBAL, "ten_1/0", place.hint)]).toEqual([
      false,
      null,
      "global ten_1/0 anywhere",
    ]);
    place.note({ continent: "EU" });
    expect([place.isKnown, place.branch, objectNamed(GLOBAL, "ten_1/0", place.hint)]).toEqual([
      true,
      "weur-2",
      "global ten_1/0 weur",
    ]);
  });

  it("spreads isolates over the branches of a region, and names no more of them than there are", () => {
    const branches = [0, 0.24, 0.26, 0.5, 0.76, 0.999_999].map((chance) => {
      const place = new IsolatePlace(chance);
      place.note({ continent: "OC" });
      return place.branch;
    });
    expect(branches).toEqual(["oc-0", "oc-0", "oc-1", "oc-2", "oc-3", "oc-3"]);
  });
});

describe("a tenant of the EU", () => {
  const tenant = newId(tenantPrefix("eu"), 1_000_000);

  it.each(["", "/openai", "/openai/enam-1", "/3", "/an idempotency key"])(
    "has its objects there, whatever their names are: %s",
    (rest) => {
      expect(objectNamed(GLOBAL, `${tenant}${rest}`)).toBe(`eu ${tenant}${rest} anywhere`);
    },
  );

  it("has them near its callers where these are in the EU, and no hint leads out of it", () => {
    expect(objectNamed(GLOBAL, tenant, "eeur")).toBe(`eu ${tenant} eeur`);
    expect(objectNamed(GLOBAL, tenant, "enam")).toBe(`eu ${tenant} anywhere`);
  });

  it("shares no object with another tenant", () => {
    const other = newId(tenantPrefix(), 1_000_000);
    expect(objectNamed(GLOBAL, `${other}/0`, "weur")).toBe(`global ${other}/0 weur`);
    expect(other).not.toContain("_eu_");
  });

  it("needs a platform that has jurisdictions", () => {
    const local: NamedObjects<string> = {
      ...GLOBAL,
      jurisdiction: () => {
        throw new Error("Jurisdiction restrictions are not implemented in workerd.");
      },
    };
    expect([hasJurisdiction(GLOBAL, "eu"), hasJurisdiction(local, "eu")]).toEqual([true, false]);
    expect(() => objectNamed(local, tenant)).toThrow("Jurisdiction");
  });
});

describe("the names of branches", () => {
  it("lead to their roots, whose names are no branches", () => {
    const gate = gateName("ten_1", "openai");
    expect([rootOfGate(branchName(gate, "weur-0")), rootOfGate(gate), rootOfGate("ready")]).toEqual([gate, null, null]);
    expect([rootOfThrottle(branchName("ten_1", "weur-0")), rootOfThrottle("ten_1")]).toEqual(["ten_1", null]);
  });
});
