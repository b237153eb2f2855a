import { execFileSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { timeTick, wholeTime } from "../../src/dashboard/ui/plot-times.ts";

const DAY_MS = 86_400_000;

describe("the times of a plot", () => {
  it("have the days of UTC, which the API counts by, wherever the reader is", () => {
    // The zone of a process is read once, so that one of another zone is another process.
    const asked = `import { timeTick, wholeTime } from "./src/dashboard/ui/plot-times.ts";
      const at = Date.parse("2026-11-26");
      console.log(timeTick(at, ${DAY_MS}, true), "|", timeTick(at + ${DAY_MS}, 21600000, true), "|", wholeTime(at, true));`;
    const env = { ...process.env, TZ: "America/New_York", LC_ALL: "en_US.UTF-8" };
    const told = execFileSync(process.execPath, ["--input-type=module", "-e", asked], { env, encoding: "utf8" });
    expect(told.trim()).toBe("Nov 26 | Nov 27 | 11/26/2026 UTC");
  });

  it("are otherwise as fine as their ticks are apart", () => {
    const at = new Date(2026, 10, 26, 22, 10, 5).getTime();
    expect([timeTick(at, 1_000), timeTick(at, 60_000), timeTick(at, DAY_MS)]).toEqual(["22:10:05", "22:10", "Nov 26"]);
    expect(wholeTime(at)).toBe(new Date(at).toLocaleString());
  });
});
