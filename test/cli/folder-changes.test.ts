import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { folderChanges } from "../../src/cli/folder-changes.ts";

describe("changes of a folder", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "pbt-edge-test-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("are told once at first, because a file may have changed before the folder was watched", async () => {
    const controller = new AbortController();
    const changes = folderChanges(folder, controller.signal, async () => {});
    expect((await changes.next()).done).toBe(false);
    const second = changes.next();
    writeFileSync(join(folder, "hello.prompt.yaml"), "name: hello");
    expect((await second).done).toBe(false);
    const last = changes.next();
    controller.abort(new Error("Ctrl-C"));
    await expect(last).rejects.toThrow("Ctrl-C");
  });
});
