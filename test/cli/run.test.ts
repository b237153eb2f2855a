import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli, refusal } from "./fake-io.ts";

const PROMPT = { name: "hello", version: 3, content_hash: "h", tags: ["greeting"], created_at: "2026-11-26T10:00:00Z" };
const LIST = () =>
  Response.json({ data: [{ ...PROMPT, labels: [], updated_at: PROMPT.created_at }], next_cursor: null });

describe("pbt-edge", () => {
  let folder: string;
  beforeEach(() => void (folder = mkdtempSync(join(tmpdir(), "pbt-edge-test-"))));
  afterEach(() => rmSync(folder, { recursive: true }));

  it("ends with 0 where all is done, and prints JSON for programs", async () => {
    const { code, out, err } = await callCli(["list", "--json"], { answer: LIST });
    expect({ code, err }).toEqual({ code: 0, err: "" });
    expect(JSON.parse(out)).toMatchObject([{ name: "hello", version: 3 }]);
  });

  it("ends with 1 where the server refuses, and says what to do next", async () => {
    const { code, err } = await callCli(["list"], { answer: () => refusal(401, "authentication_error") });
    expect(code).toBe(1);
    expect(err).toMatch(/^error: It is authentication_error\.\nRun `pbt-edge login`/);
  });

  it.each([
    ["No such prompt.", "`pbt-edge list`"],
    ["No such prompt label.", "`pbt-edge history <name>`"],
    ["No such chain.", "`pbt-edge chain list`"],
    ["No such chain label.", "`pbt-edge chain history <name>`"],
  ])("says where to look for what does not exist: %s", async (detail, hint) => {
    const answer = () => Response.json({ status: 404, detail, code: "not_found" }, { status: 404 });
    expect((await callCli(["list"], { answer })).err).toContain(`error: ${detail}\n${hint} shows`);
  });

  it.each([
    [412, "The newest version is 4, not 3.", /see `pbt-edge diff` or .*`pbt-edge chain history` of a chain/],
    [409, "The chain was deleted while this version was published.", /see `pbt-edge chain history <name>`\.$/],
    [409, "A tenant has at most 100 webhooks.", /^error: A tenant has at most 100 webhooks\.$/],
  ])("says of a %s where to see what another has changed, and nothing else: %s", async (status, detail, told) => {
    const code = status === 412 ? "precondition_failed" : "conflict";
    const answer = () => Response.json({ status, detail, code }, { status });
    expect((await callCli(["list"], { answer })).err.trimEnd()).toMatch(told);
  });

  it("says how variables are given that are missing", async () => {
    const errors = [{ path: "variables.who", message: "is required" }];
    const answer = () =>
      Response.json(
        { status: 422, detail: "variables.who: is required", code: "validation_error", errors },
        { status: 422 },
      );
    const { code, err } = await callCli(["exec", "hello"], { answer });
    expect({ code, err }).toEqual({
      code: 1,
      err: "error: variables.who: is required\nGive what is missing: --var who=…\n",
    });
  });

  it("sends no key over http:// to another machine, unless it is told to", async () => {
    const env = { PBT_EDGE_URL: "http://edge.example:8787", PBT_EDGE_KEY: "key-of-env" };
    const refused = await callCli(["list"], { env });
    expect([refused.code, refused.requests]).toEqual([2, []]);
    expect(refused.err).toMatch(/^error: http:\/\/edge\.example:8787 .*PBT_EDGE_ALLOW_HTTP=1/);
    const allowed = await callCli(["list"], { env: { ...env, PBT_EDGE_ALLOW_HTTP: "1" }, answer: LIST });
    expect([allowed.code, allowed.requests.length]).toEqual([0, 1]);
    const login = await callCli(["login", "--url", "http://edge.example"], { readInput: async () => "key" });
    expect([login.code, login.err, login.requests]).toEqual([2, expect.stringContaining("PBT_EDGE_ALLOW_HTTP=1"), []]);
  });

  it("tells an error as JSON where JSON was asked for", async () => {
    const { err } = await callCli(["list", "--json"], { answer: () => refusal(403, "permission_error") });
    expect(JSON.parse(err)).toMatchObject({ error: { message: "It is permission_error." } });
  });

  it.each([[["lst"]], [["push", "--labl", "x"]], [["promote", "hello"]], [["history"]]])(
    "ends with 2 where it is called as %j",
    async (args) => expect((await callCli(args)).code).toBe(2),
  );

  it("ends with 2 where the server cannot be reached", async () => {
    const unreachable = async () => Promise.reject(new TypeError("fetch failed"));
    expect((await callCli(["list"], { fetch: unreachable })).code).toBe(2);
  });

  it("has colour on a terminal only, and not where NO_COLOR is set", async () => {
    const onTerminal = { answer: LIST, isTerminal: true };
    expect((await callCli(["list"], onTerminal)).out).toContain("\u001b[");
    expect((await callCli(["list", "--no-color"], onTerminal)).out).not.toContain("\u001b[");
    const env = { PBT_EDGE_KEY: "k", NO_COLOR: "1" };
    expect((await callCli(["list"], { ...onTerminal, env })).out).not.toContain("\u001b[");
    expect((await callCli(["list"], { answer: LIST })).out).not.toContain("\u001b[");
  });

  it("keeps a key in a file that only its user can read", async () => {
    const env = { XDG_CONFIG_HOME: folder };
    const login = await callCli(["login", "--url", "https://edge.example/"], { env, readInput: async () => "k1\n" });
    expect(login.code).toBe(0);
    expect(statSync(join(folder, "pbt-edge/profiles.json")).mode & 0o777).toBe(0o600);
    const seen: (string | null)[] = [];
    await callCli(["list"], { env, answer: ({ key }) => (seen.push(key), LIST()) });
    expect(seen).toEqual(["Bearer k1"]);
  });

  it("sends a key nowhere because a project says so: pbt.yaml names a profile, not an address", async () => {
    writeFileSync(join(folder, "pbt.yaml"), "edge: {url: 'https://evil.example', profile: evil}");
    const env = { XDG_CONFIG_HOME: folder };
    await callCli(["login", "--url", "https://edge.example"], { env, readInput: async () => "k1" });
    const { code, err, requests } = await callCli(["list"], { env, cwd: folder });
    expect({ code, requests }).toEqual({ code: 2, requests: [] });
    expect(err).toContain('There is no profile "evil"');
  });

  it("publishes nothing where no project is: any folder may hold YAML", async () => {
    writeFileSync(join(folder, "values.yaml"), "template: secret");
    const { code, err } = await callCli(["push"], { cwd: folder });
    expect(code).toBe(2);
    expect(err).toContain("No project is here");
  });

  it("publishes over no version that it does not know, and says so", async () => {
    writeFileSync(join(folder, "hello.prompt.yaml"), "template: Hi\nmodel: gpt-4o-mini\n");
    const answer = ({ method }: { method: string }) =>
      method === "PUT" ? refusal(412, "precondition_failed") : LIST();
    const { code, out, requests } = await callCli(["push", folder], { answer });
    expect({ code, last: requests.at(-1) }).toEqual({ code: 1, last: "PUT /v1/prompts/hello" });
    expect(out).toContain("--force publishes over it");
  });
});
