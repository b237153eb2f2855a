import { expect, it } from "vitest";
import { record } from "./scenario.ts";
import { shapesOf } from "./stored-shapes.ts";

// Where this fails, the version before meets a shape that it was not recorded with. Read "Changing
// what is stored" in docs/operations.md. Then write the new shapes with `vitest -u`.
it("what this version stores, sends and caches has the shapes that were reviewed", async () => {
  await expect(shapesOf(await record())).toMatchFileSnapshot("../fixtures/previous-version/shapes-of-this-version.txt");
});
