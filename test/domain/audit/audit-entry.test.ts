import { describe, expect, it } from "vitest";
import { isActor, originOf, readActionFilter, readObjectFilter } from "../../../src/domain/audit/audit-entry.ts";
import { firstIdAt, newId } from "../../../src/domain/id.ts";

describe("filters of the audit log", () => {
  it("read an action or all of a kind, and nothing that no action is", () => {
    expect(readActionFilter("label.moved")).toEqual({ text: "label.moved", isPrefix: false });
    expect(readActionFilter("label.*")).toEqual({ text: "label.", isPrefix: true });
    expect(["label", "lab.*", "label.mov", ".*", "*", ""].map((text) => readActionFilter(text))).toEqual(
      Array.from({ length: 6 }, () => undefined),
    );
  });

  it("read an object, or the beginning of its name", () => {
    expect(readObjectFilter("prompt:a")).toEqual({ text: "prompt:a", isPrefix: false });
    expect(readObjectFilter("prompt:a*")).toEqual({ text: "prompt:a", isPrefix: true });
  });

  it("take keys, the root key and the system as actors", () => {
    expect([newId("key", 1), "root", "system"].every((text) => isActor(text))).toBe(true);
    expect(["", "Root", "key_", "key_x", newId("ten", 1)].some((text) => isActor(text))).toBe(false);
  });
});

describe("the first id at a time", () => {
  it("is beyond the ids before it, and not beyond those of its time", () => {
    for (const at of [1, 0xffff, 0x1_0000, 1_795_000_000_000]) {
      const first = firstIdAt("aud", at);
      expect(newId("aud", at - 1, 1023) < first).toBe(true);
      expect(newId("aud", at, 0) > first).toBe(true);
    }
    expect(firstIdAt("aud", -5)).toBe(firstIdAt("aud", 0));
  });
});

describe("the origin of an address", () => {
  it("leaves out what may be a secret", () => {
    expect(originOf("https://u:p@hooks.example.com:8443/T0/secret?token=x")).toBe("https://hooks.example.com:8443");
    expect(originOf("nonsense")).toBe("");
  });
});
