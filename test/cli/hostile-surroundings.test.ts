import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { callCli, refusal } from "./fake-io.ts";

describe("pbt-edge", () => {
  it.each([
    ["an empty number, which would be zero", ["budget", "set", "tenant", "--daily", ""], /"" is no number/],
    ["a number that is a word", ["batch", "x", "--max-cost", "much"], /"much" is no number/],
    ["a port that is none", ["listen", "--port", "99999"], /"99999" is no port/],
    ["a webhook's secret that is none", ["listen", "--port", "0", "--secret", "x"], /--secret is none/],
  ])("refuses %s before it asks the server", async (_, args, message) => {
    const { code, err, requests } = await callCli(args);
    expect({ code, requests }).toEqual({ code: 2, requests: [] });
    expect(err).toMatch(message);
  });

  it("says which of its settings is no address", async () => {
    const { code, err } = await callCli(["list"], { env: { PBT_EDGE_URL: "edge.example", PBT_EDGE_KEY: "k" } });
    expect({ code, err }).toMatchObject({ code: 2, err: expect.stringMatching(/PBT_EDGE_URL is no address: edge/) });
  });

  it("ends a call that hangs at the first Ctrl-C", async () => {
    const controller = new AbortController();
    const fetch = async (_: string, { signal }: RequestInit) =>
      new Promise<Response>((_resolve, reject) => {
        signal?.throwIfAborted();
        signal?.addEventListener("abort", () => reject(signal.reason as Error));
        controller.abort(new Error("interrupted"));
      });
    const { code, err } = await callCli(["list"], { fetch, signal: controller.signal });
    expect({ code, err }).toEqual({ code: 2, err: "error: interrupted\n" });
  });

  it("prints the types of the prompts that have the label, and names the others", async () => {
    const of = (name: string) => ({ name, version: 1, content_hash: "h", tags: [] });
    const { code, out, err } = await callCli(["types", "--at", "staging"], {
      answer: ({ path }) => {
        if (path === "/v1/prompts") return Response.json({ data: [of("a"), of("b")], next_cursor: null });
        return path.endsWith("/a") ? Response.json({ name: "a", definition: {} }) : refusal(404, "not_found");
      },
    });
    expect({ code, err }).toEqual({ code: 0, err: "left out, because they have no staging: b\n" });
    expect(out).toMatch(/"a": \{/);
  });

  it("takes no message of a web page for a webhook", async () => {
    const controller = new AbortController();
    const statuses: Promise<number>[] = [];
    const post = async (url: string, headers: Record<string, string>) =>
      (await fetch(url, { method: "POST", body: "null", headers })).status;
    const write = (text: string) => {
      const url = /"listening":"([^"]+)"/.exec(text)?.[1];
      if (url === undefined) return;
      statuses.push(post(url, { origin: "https://evil.example" }), post(url, {}));
      void Promise.all(statuses).finally(() => controller.abort());
    };
    await callCli(["listen", "--port", "0", "--json"], { write, signal: controller.signal });
    expect(await Promise.all(statuses)).toEqual([403, 204]);
  });
});

describe("profiles of another form", () => {
  let home: string;
  beforeEach(() => (home = mkdtempSync(join(tmpdir(), "pbt-edge-test-"))));
  afterEach(() => rmSync(home, { recursive: true }));

  it.each(["null", "[]", "{}", '{"profiles":{"default":null}}', "{"])("are named with their file: %s", async (text) => {
    const folder = join(home, "pbt-edge");
    mkdirSync(folder);
    writeFileSync(join(folder, "profiles.json"), text);
    const { code, err } = await callCli(["list", "--profile", "default"], { env: { XDG_CONFIG_HOME: home } });
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringMatching(/profiles\.json is no file of profiles/),
    });
  });

  it("do not have the names of methods", async () => {
    const { err } = await callCli(["list", "--profile", "constructor"], { env: { XDG_CONFIG_HOME: home } });
    expect(err).toMatch(/There is no profile "constructor"/);
  });

  it("an output that cannot be written is refused before anything is paid, and one that can is not left empty", async () => {
    const items = join(home, "items.ndjson");
    writeFileSync(items, '\uFEFF{"who":"Ada"}\n');
    const call = (output: string) => callCli(["batch", items, "--prompt", "hello", "--output", output]);
    const refused = await call(join(home, "no/such/out.ndjson"));
    expect({ code: refused.code, requests: refused.requests }).toEqual({ code: 2, requests: [] });
    const output = join(home, "out.ndjson");
    expect((await call(output)).requests[0]).toMatch(/^POST \/v1\/batches/);
    expect(existsSync(output)).toBe(false);
  });

  it("items that are not UTF-8 are refused: they would be paid as other letters", async () => {
    const items = join(home, "items.ndjson");
    writeFileSync(items, Buffer.from('{"who":"caf\u00E9"}', "latin1"));
    const { code, err, requests } = await callCli(["batch", items, "--prompt", "hello"]);
    expect({ code, requests }).toEqual({ code: 2, requests: [] });
    expect(err).toMatch(/items\.ndjson is not UTF-8/);
  });
});
