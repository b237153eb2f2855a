import { describe, expect, it } from "vitest";
import type { SplitArm } from "../../src/domain/prompts/label.ts";
import { publishPrompt } from "../../src/services/prompts/publish-prompt.ts";
import { type ResolvePrompt, resolvePrompt } from "../../src/services/prompts/resolve-prompt.ts";
import { setLabel } from "../../src/services/prompts/set-label.ts";
import { PromptRepository } from "../../src/storage/prompts/prompts.ts";
import { yamlPrompt } from "../support/api.ts";
import { shards } from "../support/shards.ts";
import { uncached } from "../support/uncached.ts";

const repository = new PromptRepository(shards);
const staleness = { freshMs: 0, boundMs: 0, lastGoodMs: 0 };
const parts = { prompts: repository, records: uncached, now: () => 1, announce: async () => undefined };
const resolve: ResolvePrompt = async (...asked) => resolvePrompt({ ...parts, staleness }, ...asked);
const deps = { ...parts, resolve };

/**
 * The repository of a process, beside which `meanwhile` happens just before its label is written.
 */
function interrupted(meanwhile: () => Promise<unknown>): PromptRepository {
  const write: PromptRepository["setLabel"] = async (...given) => {
    await meanwhile();
    return repository.setLabel(...given);
  };
  return new Proxy(repository, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name);
      if (name === "setLabel") return write;
      return typeof member === "function" ? member.bind(of) : member;
    },
  });
}

async function publish(tenant: string, version: number): Promise<void> {
  const source = yamlPrompt("greet", `description: "${version}"\n`);
  await publishPrompt(deps, tenant, { name: "greet", source, format: "yaml" });
}

const production = (...versions: number[]) => ({
  name: "greet",
  label: "production",
  split: versions.map((version): SplitArm => ({ version, weight: 1 })),
});

describe("a label", () => {
  it("is not written if its prompt is deleted between the check and the write", async () => {
    await publish("ten_race", 1);
    const prompts = interrupted(async () => repository.delete("ten_race", "greet", 2));
    await expect(setLabel({ ...deps, prompts }, "ten_race", production(1))).rejects.toMatchObject({ status: 404 });
    await publish("ten_race", 2);
    expect(await repository.pointer("ten_race", "greet")).toMatchObject({ latest_version: 2, labels: {} });
  });

  it("is not written if the prompt is deleted and published anew meanwhile: its version is gone", async () => {
    await publish("ten_anew", 1);
    const prompts = interrupted(async () => {
      await repository.delete("ten_anew", "greet", 2);
      await publish("ten_anew", 2);
    });
    await expect(setLabel({ ...deps, prompts }, "ten_anew", production(1))).rejects.toMatchObject({
      errors: [{ path: "version", message: "version 1 does not exist" }],
    });
    expect(await repository.pointer("ten_anew", "greet")).toEqual({
      latest_version: 2,
      first_version: 2,
      cache_epoch: 0,
      labels: {},
    });
  });

  it("is written with all of its versions, or not at all, and names those that do not exist", async () => {
    await publish("ten_split", 1);
    await publish("ten_split", 2);
    await setLabel(deps, "ten_split", production(1, 2, 1));
    await expect(setLabel(deps, "ten_split", production(1, 3))).rejects.toMatchObject({
      errors: [{ path: "split.1.version", message: "version 3 does not exist" }],
    });
    const pointer = await repository.pointer("ten_split", "greet");
    expect(pointer?.labels["production"]?.map(({ version }) => version)).toEqual([1, 2, 1]);
  });
});
