import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { digestOf } from "../scripts/digest-of.ts";

let folder: string;
const write = (name: string, text: string) => writeFileSync(join(folder, name), text);
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "digest-"));
  mkdirSync(join(folder, "within"));
  write("a.ts", "one");
  write("within/b.ts", "two");
});
afterEach(() => rmSync(folder, { recursive: true }));

/** A bundle is kept while the digest of its sources is the same. */
describe("the digest of a folder", () => {
  it.each([
    ["a file has other text", () => write("within/b.ts", "too")],
    ["a file is new", () => write("within/c.ts", "")],
    ["a file has another name", () => renameSync(join(folder, "a.ts"), join(folder, "c.ts"))],
    ["text moves from one file to the next", () => (write("a.ts", "onet"), write("within/b.ts", "wo"))],
  ])("is another one where %s", (_case, change) => {
    const before = digestOf([folder]);
    change();
    expect(digestOf([folder])).not.toBe(before);
  });

  it("is the same where files were only written again", () => {
    const before = digestOf([folder]);
    write("a.ts", "one");
    expect(digestOf([folder])).toBe(before);
  });
});
