import { describe, expect, it } from "vitest";
import { mockKeyOf, requireMockKeys } from "../scripts/demo/mock-keys.ts";

/** A gate whose keys are shown as the API shows them. */
function gate(provider: string, ...secrets: string[]) {
  const keys = secrets.map((secret) => ({ api_key: `…${secret.slice(-4)}` }));
  return { provider, keys } as unknown as Parameters<typeof requireMockKeys>[0][number];
}

describe("the demo", () => {
  const mock = [gate("openai", mockKeyOf("OPENAI")), gate("anthropic", mockKeyOf("ANTHROPIC"))];

  it("runs where each provider is the mock", () => {
    expect(() => requireMockKeys(mock)).not.toThrow();
  });

  it("executes nothing where one provider of several is real, or has one key of its own", () => {
    const real = [gate("openai", mockKeyOf("OPENAI")), gate("anthropic", "sk-ant-x9Qz")];
    expect(() => requireMockKeys(real)).toThrow("start without keys of anthropic");
    expect(() => requireMockKeys([gate("openai", "")])).toThrow("openai");
    expect(() => requireMockKeys([...mock, gate("mine", mockKeyOf("mine"), "sk-own-1234")])).toThrow("mine");
  });
});
