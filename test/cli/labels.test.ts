import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli, type FakeAnswer } from "./fake-io.ts";

describe("label", () => {
  it("deletes a label, with its reason", async () => {
    const { code, out, requests } = await callCli(["label", "hello", "beta", "--delete", "--reason", "tried"]);
    expect({ code, out }).toEqual({ code: 0, out: "✓ hello@beta is deleted.\n" });
    expect(requests).toEqual(["DELETE /v1/prompts/hello/labels/beta?reason=tried"]);
  });

  it.each([[["label", "hello", "beta"]], [["label", "hello", "beta", "3", "--delete"]]])(
    "is not moved or deleted by the unclear call %j",
    async (args) => expect(await callCli(args)).toMatchObject({ code: 2, requests: [] }),
  );
});

describe("push --keep-served", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pbt-edge-labels-"));
    writeFileSync(join(folder, "hello.prompt.yaml"), "model: gpt-4o-mini\ntemplate: new\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const stored = { name: "hello", version: 4, content_hash: "old", tags: [], created_at: "", updated_at: "" };
  const server =
    (labels: { label: string; version: number }[], isProtected = false): FakeAnswer =>
    ({ method, path }) => {
      if (path === "/v1/prompts") return Response.json({ data: [stored], next_cursor: null });
      if (path.endsWith("/labels")) return Response.json({ data: labels, next_cursor: null });
      if (isProtected) return Response.json({ promotion: { id: "pro_1", status: "pending" } }, { status: 202 });
      if (path.includes("/labels/")) return Response.json({ name: "hello", label: "x", version: 4 });
      if (method === "PUT") return Response.json({ name: "hello", version: 5, warnings: [] }, { status: 201 });
      return Response.json({ labels: [] });
    };
  const push = async (answer: FakeAnswer) => {
    const args = ["push", folder, "--keep-served", "--label", "pr-1", "--json"];
    const { code, out, requests } = await callCli(args, { answer });
    const { prompts } = JSON.parse(out) as { prompts: { status: string; error?: string; kept?: number }[] };
    return { code, prompt: prompts[0], puts: requests.filter((request) => request.startsWith("PUT")) };
  };

  it("gives the version that callers get the label production, before it publishes", async () => {
    const { prompt, puts } = await push(server([{ label: "beta", version: 2 }]));
    expect(prompt).toMatchObject({ status: "published", kept: 4 });
    expect(puts).toEqual([
      "PUT /v1/prompts/hello/labels/production",
      "PUT /v1/prompts/hello",
      "PUT /v1/prompts/hello/labels/pr-1",
    ]);
  });

  it.each([["production"], ["pr-1"]])("moves nothing where the label %s says who gets what", async (label) => {
    const { puts } = await push(server([{ label, version: 4 }]));
    expect(puts).not.toContain("PUT /v1/prompts/hello/labels/production");
  });

  it("publishes nothing where the label is protected", async () => {
    const { code, prompt, puts } = await push(server([], true));
    expect({ code, status: prompt?.status }).toEqual({ code: 1, status: "failed" });
    expect(prompt?.error).toContain("pro_1");
    expect(puts).toHaveLength(1);
  });
});

describe("batch", () => {
  const batch = (counts: object) => () => Response.json({ id: "bat_1", status: "running", counts, cost_usd: 0 });

  it("is found in the list, with how far it is, by its status", async () => {
    const batch = {
      id: "bat_1",
      created_at: "2026-11-22T10:00:00.000Z",
      status: "running",
      prompt: { name: "greet", version: 3 },
      counts: { total: 1_200, queued: 0, running: 199, succeeded: 1_000, failed: 1, cancelled: 0 },
      cost_usd: 0.5,
    };
    const answer = () => Response.json({ data: [batch], next_cursor: null });
    const listed = await callCli(["batch", "list", "--status", "running"], { answer });
    expect(listed.requests).toEqual(["GET /v1/batches?status=running&limit=20"]);
    expect(listed.out).toMatch(/bat_1 .*running +greet #3 +1,001\/1,200 +1 +\$0\.5\n/);
    const none = await callCli(["batch", "list"], { answer: () => Response.json({ data: [], next_cursor: null }) });
    expect(none.out).toContain("There is none.");
    expect((await callCli(["batch", "list", "--status", "done"], { answer })).code).toBe(2);
  });

  it("is cancelled and redriven by its id", async () => {
    const answer = batch({ total: 5, queued: 2, running: 1, succeeded: 0, failed: 0, cancelled: 2 });
    const cancelled = await callCli(["batch", "cancel", "bat_1"], { answer });
    expect(cancelled).toMatchObject({ code: 0, requests: ["POST /v1/batches/bat_1/cancel"] });
    expect(cancelled.out).toContain("2 of 5 items cancelled");
    const redriven = await callCli(["batch", "redrive", "bat_1"], { answer });
    expect(redriven.requests).toEqual(["POST /v1/batches/bat_1/redrive"]);
    expect(redriven.out).toContain("3 items are executed again");
  });
});

describe("chain", () => {
  it("has a label, which is set and listed with the versions", async () => {
    const answer: FakeAnswer = ({ method, path }) => {
      if (method === "PUT") return Response.json({ name: "fun", label: "beta", version: 2 });
      if (path.endsWith("/versions")) {
        return Response.json({ data: [{ version: 2, content_hash: "h", created_at: "2026-11-26T10:00:00Z" }] });
      }
      const beta = { label: "beta", version: 2, updated_at: "2026-11-26T10:00:00Z" };
      return Response.json({ data: [beta], next_cursor: null });
    };
    const set = await callCli(["chain", "label", "fun", "beta", "2"], { answer });
    expect(set).toMatchObject({ out: "✓ fun@beta is #2 now.\n", requests: ["PUT /v1/chains/fun/labels/beta"] });
    const { out } = await callCli(["chain", "labels", "fun"], { answer });
    expect(out).toMatch(/#2 +2026-11-26 10:00 +beta/);
  });
});

describe("test", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "pbt-edge-tests-"));
    writeFileSync(join(folder, "pbt.yaml"), "directories: {prompts: .}");
    writeFileSync(join(folder, "hello.prompt.yaml"), "model: gpt-4o-mini\ntemplate: new\n");
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  it("without tests ends with 2, and with 0 where that was said to be right", async () => {
    expect((await callCli(["test"], { cwd: folder })).code).toBe(2);
    const passed = await callCli(["test", "--pass-without-tests", "--json"], { cwd: folder });
    expect(passed).toMatchObject({ code: 0, out: "[]\n" });
  });
});
