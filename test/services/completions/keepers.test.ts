import { describe, expect, it } from "vitest";
import { keepers } from "../../../src/services/completions/keepers.ts";

const MINE = { provider: "mine", model: "m" };
const OPENAI = { provider: "openai", model: "gpt-6-luna" };
const path = "previous_response_id";

const ofKeys = (keys: Record<string, string[]>) => ({
  keysFor: async (_tenant: string, provider: string) => (keys[provider] ?? []).map((name) => ({ name })),
});

describe("the candidates that go on from what a provider keeps", () => {
  it("are none that is called with the deployment's keys, in whatever place it stands", async () => {
    const deps = ofKeys({ mine: ["_0"], openai: ["_0"] });
    expect(await keepers(deps, "ten", { path }, [MINE, OPENAI])).toEqual([MINE]);
    await expect(keepers(deps, "ten", { path }, [OPENAI])).rejects.toMatchObject({ errors: [{ path }] });
  });

  it("are those of the tenant's own keys", async () => {
    const deps = ofKeys({ mine: ["_0"], openai: ["main"] });
    expect(await keepers(deps, "ten", { path }, [MINE, OPENAI])).toEqual([MINE, OPENAI]);
    const keeper = { provider: "openai", key: "main" };
    expect(await keepers(deps, "ten", { path, keeper }, [MINE, OPENAI])).toEqual([OPENAI]);
  });
});
