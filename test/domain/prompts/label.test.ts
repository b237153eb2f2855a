import { describe, expect, it } from "vitest";
import { chooseVersion, stickyRoll } from "../../../src/domain/prompts/label.ts";

const split = [
  { version: 1, weight: 9 },
  { version: 2, weight: 1 },
];
const pointer = { latest_version: 3, cache_epoch: 0, labels: { canary: split } };

describe("choosing a version", () => {
  it("takes the version that the caller names, without a label", () => {
    expect(chooseVersion(pointer, { version: 2 }, 0)).toEqual({ version: 2, label: null });
  });

  it("takes `production` by default, and the newest version if that label is not set", () => {
    expect(chooseVersion(pointer, {}, 0)).toEqual({ version: 3, label: "latest" });
    const labels = { production: [{ version: 1, weight: 1 }] };
    expect(chooseVersion({ ...pointer, labels }, {}, 0)).toEqual({ version: 1, label: "production" });
  });

  it("finds no version for a label that is not set", () => {
    expect(chooseVersion(pointer, { label: "staging" }, 0)).toBeNull();
  });

  it("chooses no deleted version, by its number or by a label that was left behind", () => {
    const labels = { production: [{ version: 1, weight: 1 }], canary: split };
    const deleted = { ...pointer, first_version: 2, labels };
    expect(chooseVersion(deleted, { version: 1 }, 0)).toBeNull();
    expect(chooseVersion(deleted, { version: 2 }, 0)).toEqual({ version: 2, label: null });
    expect(chooseVersion(deleted, {}, 0)).toEqual({ version: 3, label: "latest" });
    expect(chooseVersion(deleted, { label: "production" }, 0)).toBeNull();
    expect(chooseVersion(deleted, { label: "canary" }, 0)).toEqual({ version: 2, label: "canary" });
  });

  it("splits by weight at the roll", () => {
    const at = (roll: number) => chooseVersion(pointer, { label: "canary" }, roll)?.version;
    expect([at(0), at(0.89), at(0.9), at(0.999)]).toEqual([1, 1, 2, 2]);
  });
});

describe("a rollout that sticks to end users", () => {
  const USERS = 20_000;
  const users = Array.from({ length: USERS }, (_, at) => `user-${at}`);
  const versionOf = (prompt: string, user: string, arms = split) =>
    chooseVersion(
      { latest_version: 9, cache_epoch: 0, labels: { canary: arms } },
      { label: "canary" },
      stickyRoll(prompt, user),
    )?.version;
  /**
   * Three standard deviations of a binomial share. One seed in 400 would miss it; these seeds are
   * fixed.
   */
  const tolerance = (share: number) => 3 * Math.sqrt((share * (1 - share)) / USERS);

  it.each([[[1, 9]], [[5, 95]], [[1, 1]], [[20, 30, 50]], [[1, 999]]])(
    "gives versions with the weights %j their shares of 20,000 users",
    (weights) => {
      const total = weights.reduce((sum, weight) => sum + weight, 0);
      const arms = weights.map((weight, at) => ({ version: at + 1, weight }));
      const served = users.map((user) => versionOf("greet", user, arms));
      for (const { version, weight } of arms) {
        const share = served.filter((one) => one === version).length / USERS;
        expect(Math.abs(share - weight / total)).toBeLessThan(tolerance(weight / total));
      }
    },
  );

  it("gives a user the same version every time, and keeps users of the new version when its share grows", () => {
    const wider = [
      { version: 1, weight: 7 },
      { version: 2, weight: 3 },
    ];
    const served = users.map((user) => versionOf("greet", user));
    expect(users.map((user) => versionOf("greet", user))).toEqual(served);
    const movedBack = users.filter((user, at) => served[at] === 2 && versionOf("greet", user, wider) !== 2);
    expect(movedBack).toEqual([]);
  });

  it("does not pick the same users first for every prompt", () => {
    const both = users.filter((user) => versionOf("greet", user) === 2 && versionOf("reply", user) === 2);
    expect(Math.abs(both.length / USERS - 0.01)).toBeLessThan(tolerance(0.01));
  });
});
