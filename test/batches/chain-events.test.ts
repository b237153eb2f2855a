import { describe, expect, it } from "vitest";
import { bindChains } from "../../src/deps/chains.ts";
import type { FollowedEvent } from "../../src/services/chains/follow-chain-run.ts";
import { FIVE_STEPS, openChainWorld } from "../support/chain-world.ts";

const TURN_MS = 61_000;

/** Events in a word each. */
async function wordsOf(events: AsyncIterable<FollowedEvent>): Promise<string[]> {
  const words: string[] = [];
  for await (const event of events) {
    const { type } = event;
    if (type === "step") words.push(`${event.state.step.id} ${event.state.end?.status ?? "begun"}`);
    else words.push(type === "done" ? event.read.run.status : type === "delta" ? event.text : type);
  }
  return words;
}

describe("a run of a chain", () => {
  it("is followed while the queue works on it, and told anew after its end", async () => {
    const { world, deps, services, publish, start, resume } = openChainWorld();
    await publish(FIVE_STEPS);
    const { run } = await start();
    world.answer = async ({ options }) => {
      // The turn of its worker is over with each call.
      world.now += TURN_MS;
      return { output: `by ${options.prompt.name}` };
    };
    const sleep = async () => resume(run.id);
    const { followChainRun } = bindChains({ ...deps, sleep });
    const ended = ["a", "b", "c", "d", "e"].map((id) => `${id} succeeded`);
    const words = await wordsOf(await followChainRun(run));
    expect(words.filter((word) => !word.endsWith("begun"))).toEqual(["start", ...ended, "by e", "succeeded"]);
    expect(words.filter((word) => word.endsWith("begun"))).toEqual(FIVE_STEPS.map(({ id }) => `${id} begun`));
    expect(await wordsOf(await services.followChainRun(run))).toEqual(["start", ...ended, "by e", "succeeded"]);
  });

  it("is not followed for ever, and not by another tenant", async () => {
    const { world, deps, publish, start } = openChainWorld();
    await publish(FIVE_STEPS);
    const { run } = await start();
    let waited = 0;
    const sleep = async (ms: number) => void (waited += ms);
    const { followChainRun } = bindChains({ ...deps, sleep });
    expect(await wordsOf(await followChainRun(run))).toEqual(["start", "a begun"]);
    expect(waited >= 300_000 && waited < 310_000).toBe(true);
    await expect(followChainRun({ tenant_id: `${world.tenant}x`, id: run.id })).rejects.toThrow("No such");
  });
});
