import { MiniflareCoreError } from "miniflare";
import { describe, expect, it, vi } from "vitest";
import { EngineCrashes, EngineLog } from "../scripts/engine-crashes.ts";

describe("crashes of the local engine", () => {
  it("are survived while they are rare, however many there are", () => {
    let now = 0;
    const crashes = new EngineCrashes(() => (now += 20_000));
    expect(Array.from({ length: 20 }, () => crashes.mayGoOn())).toEqual(Array.from({ length: 20 }, () => true));
  });

  it("end the server at the fifth within a minute", async () => {
    let now = 0;
    const crashes = new EngineCrashes(() => (now += 10_000));
    expect(Array.from({ length: 5 }, () => crashes.mayGoOn())).toEqual([true, true, true, true, false]);
    expect(await crashes.gaveUp).toContain("crashed 5 times within 60 s");
  });

  it("end the server where the engine does not start again", async () => {
    const print = vi.spyOn(console, "log").mockReturnValue();
    const crashes = new EngineCrashes();
    new EngineLog(crashes).error(new MiniflareCoreError("ERR_RUNTIME_FAILURE", "it failed to restart"));
    print.mockRestore();
    expect(await crashes.gaveUp).toContain("did not start again");
  });
});
