import { describe, expect, it } from "vitest";
import { chooseVersion } from "../../src/domain/label.ts";

const split = [
  { version: 1, weight: 9 },
  { version: 2, weight: 1 },
];
const pointer = { latest_version: 3, cache_epoch: 0, labels: { canary: split } };

describe("choosing a version", () => {
  it("takes the one that is named, and says that no label led there", () => {
    expect(chooseVersion(pointer, { version: 2 }, 0)).toEqual({ version: 2, label: null });
  });

  it("takes production by default, and the newest while there is none", () => {
    expect(chooseVersion(pointer, {}, 0)).toEqual({ version: 3, label: "latest" });
    const labels = { production: [{ version: 1, weight: 1 }] };
    expect(chooseVersion({ ...pointer, labels }, {}, 0)).toEqual({ version: 1, label: "production" });
  });

  it("finds nothing for a label that was never set", () => {
    expect(chooseVersion(pointer, { label: "staging" }, 0)).toBeNull();
  });

  it("splits by weight, to the roll", () => {
    const at = (roll: number) => chooseVersion(pointer, { label: "canary" }, roll)?.version;
    expect([at(0), at(0.89), at(0.9), at(0.999)]).toEqual([1, 1, 2, 2]);
  });
});
