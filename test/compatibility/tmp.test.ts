import { expect, it } from "vitest";
import { record } from "./scenario.ts";
it("records", async () => {
  const r = await record();
  await expect(JSON.stringify(r, null, 1)).toMatchFileSnapshot("/tmp/hs/deploy/recording.json");
}, 60000);
