import { describe, expect, it } from "vitest";
import type { SplitArm } from "../../src/domain/prompts/label.ts";
import { deletePrompt } from "../../src/services/prompts/delete-prompt.ts";
import { followMove, sweepMoves } from "../../src/services/prompts/label-records.ts";
import { deleteLabel, setLabel } from "../../src/services/prompts/move-label.ts";
import { publishPrompt } from "../../src/services/prompts/publish-prompt.ts";
import { type ResolvePrompt, resolvePrompt } from "../../src/services/prompts/resolve-prompt.ts";
import { rollbackLabel } from "../../src/services/prompts/rollback-label.ts";
import type { MadeMove } from "../../src/storage/prompts/label-store.ts";
import { LabelRepository } from "../../src/storage/prompts/labels.ts";
import { PromptRepository } from "../../src/storage/prompts/prompts.ts";
import { yamlPrompt } from "../support/api.ts";
import { shards } from "../support/shards.ts";
import { uncached } from "../support/uncached.ts";

const repository = new PromptRepository(shards);
const labels = new LabelRepository(shards);
const staleness = { freshMs: 0, boundMs: 0, lastGoodMs: 0 };
const MINUTE_MS = 60_000;

/** The use cases in a process of its own: its events, and whether they can be stored. */
function openProcess() {
  const process = { now: 1, raised: [] as string[], isShardDown: false, faults: [] as string[] };
  const parts = {
    prompts: repository,
    labels,
    records: uncached,
    now: () => process.now,
    announce: async () => undefined,
    publishEvent: async (_tenant: string, { key }: { key: string }) => {
      if (process.isShardDown) throw new Error("the shard does not answer");
      process.raised.push(key);
    },
    onError: (event: string) => void process.faults.push(event),
  };
  const resolve: ResolvePrompt = async (...asked) => resolvePrompt({ ...parts, staleness }, ...asked);
  const follow = async (move: MadeMove) => followMove(parts, move);
  return { process, deps: { ...parts, resolve, follow } };
}

const { deps } = openProcess();

/** The labels of a process, beside which `meanwhile` happens just before one is written. */
function interrupted(meanwhile: () => Promise<unknown>): LabelRepository {
  const write: LabelRepository["move"] = async (...given) => {
    await meanwhile();
    return labels.move(...given);
  };
  return new Proxy(labels, {
    get(of, name) {
      const member: unknown = Reflect.get(of, name);
      if (name === "move") return write;
      return typeof member === "function" ? member.bind(of) : member;
    },
  });
}

async function publish(tenant: string, version: number): Promise<void> {
  const source = yamlPrompt("greet", `description: "${version}"\n`);
  await publishPrompt(deps, tenant, { name: "greet", source, format: "yaml" });
}

const label = (tenant_id: string) => ({ tenant_id, name: "greet", label: "production", key_id: "key_a" });
const production = (tenant_id: string, ...versions: number[]) => ({
  ...label(tenant_id),
  split: versions.map((version): SplitArm => ({ version, weight: 1 })),
});

/** What a label was moved to, newest first. */
async function historyOf(tenant: string) {
  const moves = await labels.moves(label(tenant), 50);
  const versions = (split: readonly SplitArm[] | null) => split?.map(({ version }) => version).join() ?? null;
  return moves.map(({ cause, from_split, to_split }) => [cause, versions(from_split), versions(to_split)]);
}

describe("a label", () => {
  it("is not written if its prompt is deleted between the check and the write", async () => {
    await publish("ten_race", 1);
    const late = interrupted(async () => repository.delete("ten_race", "greet", 2));
    await expect(setLabel({ ...deps, labels: late }, production("ten_race", 1))).rejects.toMatchObject({ status: 404 });
    await publish("ten_race", 2);
    expect(await repository.pointer("ten_race", "greet")).toMatchObject({ latest_version: 2, labels: {} });
  });

  it("is not written if the prompt is deleted and published anew meanwhile: its version is gone", async () => {
    await publish("ten_anew", 1);
    const late = interrupted(async () => {
      await repository.delete("ten_anew", "greet", 2);
      await publish("ten_anew", 2);
    });
    await expect(setLabel({ ...deps, labels: late }, production("ten_anew", 1))).rejects.toMatchObject({
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
    await setLabel(deps, production("ten_split", 1, 2, 1));
    await expect(setLabel(deps, production("ten_split", 1, 3))).rejects.toMatchObject({
      errors: [{ path: "split.1.version", message: "version 3 does not exist" }],
    });
    const pointer = await repository.pointer("ten_split", "greet");
    expect(pointer?.labels["production"]?.map(({ version }) => version)).toEqual([1, 2, 1]);
  });

  it("that is asked to mean what it means is not moved, and nobody is told", async () => {
    const { process, deps: own } = openProcess();
    await publish("ten_same", 1);
    await setLabel(own, production("ten_same", 1));
    await setLabel(own, production("ten_same", 1));
    expect(await historyOf("ten_same")).toEqual([["set", null, "1"]]);
    expect(process.raised).toHaveLength(1);
  });

  it("goes back once where two ask for it at once, and the other is told of the conflict", async () => {
    for (const version of [1, 2, 3]) await publish("ten_back", version);
    for (const version of [1, 2, 3]) await setLabel(deps, production("ten_back", version));
    const late = interrupted(async () => rollbackLabel(deps, label("ten_back")));
    await expect(rollbackLabel({ ...deps, labels: late }, label("ten_back"))).rejects.toMatchObject({ status: 409 });
    expect((await labels.find(label("ten_back")))?.split).toEqual([{ version: 2, weight: 1 }]);
    await rollbackLabel(deps, label("ten_back"));
    expect((await historyOf("ten_back")).slice(0, 2)).toEqual([
      ["rollback", "2", "1"],
      ["rollback", "3", "2"],
    ]);
    await expect(rollbackLabel(deps, label("ten_back"))).rejects.toMatchObject({
      status: 409,
      detail: 'The label "production" was not set before; it can be deleted.',
    });
  });

  it("does not go back to a version that was deleted", async () => {
    await publish("ten_gone", 1);
    await setLabel(deps, production("ten_gone", 1));
    await deletePrompt(deps, "ten_gone", "greet", "key_a");
    await publish("ten_gone", 2);
    await setLabel(deps, production("ten_gone", 2));
    await publish("ten_gone", 3);
    await setLabel(deps, production("ten_gone", 3));
    await rollbackLabel(deps, label("ten_gone"));
    await expect(rollbackLabel(deps, label("ten_gone"))).rejects.toMatchObject({ status: 409 });
    expect(await historyOf("ten_gone")).toEqual([
      ["rollback", "3", "2"],
      ["set", "2", "3"],
      ["set", null, "2"],
      ["prompt_deletion", "1", null],
      ["set", null, "1"],
    ]);
  });

  it("is told of once, by the sweep where its Worker could not", async () => {
    const { process, deps: own } = openProcess();
    await publish("ten_told", 1);
    process.isShardDown = true;
    await setLabel(own, production("ten_told", 1));
    await deleteLabel(own, label("ten_told"));
    expect([process.raised, process.faults]).toEqual([[], ["event_unpublished", "event_unpublished"]]);
    process.isShardDown = false;
    process.now += MINUTE_MS;
    await sweepMoves(own);
    const moves = await labels.moves(label("ten_told"), 50);
    const own_events = process.raised.filter((key) => moves.some(({ id }) => key.endsWith(id)));
    expect(own_events.toSorted()).toEqual(moves.map(({ id }) => `label.moved/${id}`).toSorted());
    const raised = process.raised.length;
    await sweepMoves(own);
    expect(process.raised).toHaveLength(raised);
  });
});
