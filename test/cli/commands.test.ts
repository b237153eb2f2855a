import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli, type FakeAnswer } from "./fake-io.ts";

const MODELS = [
  { id: "gpt-4o-mini", shutdown_date: "2027-01-14" },
  { id: "gpt-old", shutdown_date: Date.UTC(2026, 11, 1) / 1000 },
  { id: "gpt-later", shutdown_date: "2028-01-01" },
  { id: "gpt-6-luna" },
];

/** A server with two prompts and these models. */
const server: FakeAnswer = ({ path }) => {
  if (path === "/ready") return Response.json({ status: "ready", checks: { shard_0: "ok" } });
  if (path === "/v1/models") return Response.json({ object: "list", data: MODELS });
  if (path === "/v1/prompts") {
    const of = (name: string) => ({ name, version: 1, content_hash: "h", tags: [], created_at: "", updated_at: "" });
    return Response.json({ data: [of("answer"), of("triage")], next_cursor: null });
  }
  const models = path.endsWith("answer") ? ["openai/gpt-4o-mini", "gpt-6-luna"] : ["gpt-6-luna"];
  if (path.startsWith("/v1/prompts/")) return Response.json({ definition: { models, messages: [], tags: [] } });
  return Response.json({ data: [], next_cursor: null });
};

describe("doctor", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pbt-edge-test-"));
    writeFileSync(join(folder, "pbt.yaml"), "name: x");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("names the models that are shut down soon, the first one first, and the prompts that name them", async () => {
    const { code, out } = await callCli(["doctor", "--json"], { cwd: folder, answer: server });
    const findings = JSON.parse(out) as { check: string; verdict: string; detail: string }[];
    expect(code).toBe(0);
    expect(findings.find(({ check }) => check === "models")).toEqual({
      check: "models",
      verdict: "warning",
      detail: "gpt-old ends on 2026-12-01; gpt-4o-mini ends on 2027-01-14, named by answer",
    });
  });

  it("says of a server that does not answer what it could not look at", async () => {
    const fetch = async () => Promise.reject(new TypeError("fetch failed"));
    const { code, out } = await callCli(["doctor"], { cwd: folder, fetch });
    expect(code).toBe(1);
    expect(out).toMatch(/✗ server [^]*· key the server does not answer[^]*✓ project/);
  });
});

describe("batch", () => {
  it("sends the same file under the same key, variables alone as items, and another prompt under another", async () => {
    const keys: (string | null)[] = [];
    const bodies: string[] = [];
    const fetch = async (_: string, { headers, body }: RequestInit) => {
      keys.push(new Headers(headers).get("idempotency-key"));
      bodies.push(typeof body === "string" ? body : "");
      return Response.json({ id: "bat_1", status: "queued", counts: { total: 2 } }, { status: 202 });
    };
    const readInput = async () => '{"who":"Ada"}\n\n{"custom_id":"b","variables":{"n":1.0}}\n';
    for (const prompt of ["hello", "hello", "other"]) {
      expect((await callCli(["batch", "-", "--prompt", prompt], { fetch, readInput })).code).toBe(0);
    }
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(bodies[0]).toBe('{"custom_id":"1","variables":{"who":"Ada"}}\n{"custom_id":"b","variables":{"n":1.0}}');
  });
});

describe("tail", () => {
  it("tells each execution once, the oldest first, also those that are recorded later than newer ones", async () => {
    const of = (id: string) => ({ id, created_at: "2026-11-26T10:00:00Z", usage: {}, prompt: null });
    const looks = [
      ["b", "a"],
      ["d", "b", "c", "a"],
      ["d", "b", "c", "a"],
    ];
    let look = 0;
    const controller = new AbortController();
    const { out, code } = await callCli(["tail", "--json"], {
      answer: () => Response.json({ data: (looks[look++] ?? []).map(of), next_cursor: null }),
      wait: async () => {
        if (look === looks.length) controller.abort(new Error("interrupted"));
        controller.signal.throwIfAborted();
      },
      signal: controller.signal,
    });
    const told = out
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { id: string }).id);
    expect(told).toEqual(["a", "b", "c", "d"]);
    expect(code).toBe(2);
  });
});

describe("completion", () => {
  it.each([
    [["pu"], ["push", "pull"]],
    [
      ["keys", "r"],
      ["rotate", "revoke"],
    ],
    [["push", "--dr"], ["--dry-run"]],
    [["history", "any"], []],
  ])("of %j is %j, without a call of the server", async (words, expected) => {
    const { out, requests } = await callCli(["complete", "--", ...words]);
    expect({ words: out.split("\n").filter(Boolean), requests }).toEqual({ words: expected, requests: [] });
  });
});

describe("audit", () => {
  it("sends its filters, and shows who changed what from what to what", async () => {
    const asked: string[] = [];
    const entry = {
      id: "aud_1",
      at: "2026-11-26T18:50:03.128Z",
      actor: { id: "key_1", name: "ci" },
      action: "label.moved",
      object: "label:a/b@live",
      request_id: "r",
      detail: { from: null, to: [{ version: 2, weight: 1 }], cause: "set" },
    };
    const byItself = { ...entry, actor: { id: "system", name: null }, detail: {} };
    const fetch = async (url: string) => {
      asked.push(new URL(url).search);
      return Response.json({ data: [entry, byItself], next_cursor: null });
    };
    const filters = ["--actor", "key_1", "--action", "label.*", "--object", "label:a/*", "--limit", "999"];
    const { code, out } = await callCli(["audit", ...filters], { fetch });
    expect(code).toBe(0);
    expect(asked).toEqual(["?actor=key_1&action=label.*&object=label%3Aa%2F*&limit=200"]);
    expect(out).toContain("2026-11-26 18:50  ci      label.moved  label:a/b@live  nothing → #2, cause: set");
    expect(out).toMatch(/ system {2}label\.moved/);
    const json = await callCli(["audit", "--json"], { fetch });
    expect(JSON.parse(json.out)).toEqual([entry, byItself]);
  });
});
