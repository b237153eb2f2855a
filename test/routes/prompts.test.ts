import { describe, expect, it } from "vitest";
import { call, newTenant, yamlPrompt } from "../support/api.ts";

interface Published {
  version: number;
  content_hash: string;
  labels: string[];
}

describe("prompts", () => {
  it("adds a version for new content and answers 200 for unchanged content", async () => {
    const { key } = await newTenant();
    const put = async (yaml: string) => call<Published>("PUT", "/v1/prompts/greet", { key, yaml });
    const first = await put(yamlPrompt("greet"));
    expect([first.status, first.json.version, first.json.labels]).toEqual([201, 1, ["latest"]]);
    const same = await put(yamlPrompt("greet"));
    expect([same.status, same.json.version]).toEqual([200, 1]);
    const changed = await put(yamlPrompt("greet", "# a comment\n"));
    expect([changed.status, changed.json.version]).toEqual([201, 2]);
    const back = await put(yamlPrompt("greet"));
    expect([back.status, back.json.version, back.json.content_hash]).toEqual([201, 3, first.json.content_hash]);
  });

  it("gives concurrent publishes different numbers", async () => {
    const { key } = await newTenant();
    const replies = await Promise.all(
      Array.from({ length: 8 }, async (_, index) =>
        call<Published>("PUT", "/v1/prompts/race", { key, yaml: yamlPrompt("race", `# ${index}\n`) }),
      ),
    );
    const versions = replies.map((reply) => reply.json.version).sort((a, b) => a - b);
    expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it("returns the file byte for byte, by version and by label", async () => {
    const { key } = await newTenant();
    const files = [yamlPrompt("export", "# first — ünïcode\r\n"), yamlPrompt("export", "# second\n")];
    for (const yaml of files) await call("PUT", "/v1/prompts/export", { key, yaml });
    const headers = { accept: "application/yaml" };
    expect((await call("GET", "/v1/prompts/export?version=1", { key, headers })).text).toBe(files[0]);
    expect((await call("GET", "/v1/prompts/export?label=latest", { key, headers })).text).toBe(files[1]);
  });

  it("keeps names with folders apart, whose slash is written %2F in a path", async () => {
    const { key } = await newTenant();
    const names = ["support/triage", "support/triage/de", "triage"];
    for (const name of names) {
      const yaml = `model: gpt-4o-mini\ntemplate: I am ${name}\n`;
      expect((await call("PUT", `/v1/prompts/${encodeURIComponent(name)}`, { key, yaml })).status).toBe(201);
    }
    for (const name of names) {
      const path = `/v1/prompts/${encodeURIComponent(name)}`;
      const reply = await call<{ messages: { content: string }[] }>("POST", `${path}/render`, { key, json: {} });
      expect(reply.json.messages[0]?.content).toBe(`I am ${name}`);
      expect((await call("PUT", `${path}/labels/production`, { key, json: { version: 1 } })).status).toBe(200);
      expect((await call<Published>("GET", path, { key })).json.labels).toEqual(["latest", "production"]);
    }
    for (const bad of ["a/", "/a", "a//b", "a/B", `a/${"b".repeat(127)}`]) {
      const reply = await call("PUT", `/v1/prompts/${encodeURIComponent(bad)}`, { key, yaml: yamlPrompt("x") });
      expect([bad, reply.status]).toEqual([bad, 422]);
    }
  });

  it("leaves out messages that render to nothing, and names the message of a fault", async () => {
    const { key } = await newTenant();
    const json = {
      model: "gpt-4o-mini",
      messages: [
        { role: "user", content: "{% if note %}{{ note }}{% endif %} " },
        { role: "user", content: "{{ 6 / n }}" },
      ],
      variables: { note: { required: false }, n: "integer" },
    };
    expect((await call("PUT", "/v1/prompts/blank", { key, json })).status).toBe(201);
    const render = async (n: number) =>
      call<{ messages: unknown; errors: { path: string }[] }>("POST", "/v1/prompts/blank/render", {
        key,
        json: { variables: { n } },
      });
    expect((await render(2)).json.messages).toEqual([{ role: "user", content: "3.0" }]);
    expect((await render(0)).json.errors.map(({ path }) => path)).toEqual(["messages.1.content"]);
    const empty = {
      model: "gpt-4o-mini",
      template: "{% if a %}{{ a }}{% endif %}",
      variables: { a: { required: false } },
    };
    await call("PUT", "/v1/prompts/empty", { key, json: empty });
    expect((await call("POST", "/v1/prompts/empty/render", { key, json: {} })).status).toBe(422);
  });

  it("accepts JSON and returns it as YAML", async () => {
    const { key } = await newTenant();
    const json = { name: "asjson", template: "Hi {{ who }}", variables: ["who"], model: "gpt-4o-mini" };
    expect((await call("PUT", "/v1/prompts/asjson", { key, json })).status).toBe(201);
    const reply = await call("GET", "/v1/prompts/asjson", { key, headers: { accept: "application/yaml" } });
    expect(reply.text).toContain("template: Hi {{ who }}");
  });

  it("refuses a file that fills more than a row of the database, and one whose lists are too long", async () => {
    const { key } = await newTenant();
    const put = async (yaml: string) => call<{ detail: string }>("PUT", "/v1/prompts/large", { key, yaml });
    // Quotes are twice as long in the JSON that the file is read into.
    const large = await put(`template: Hi\nlicense: '${'"'.repeat(700_000)}'`);
    expect([large.status, large.json.detail]).toEqual([413, expect.stringContaining("at most 1990000 can be stored")]);
    const long = await put(`template: Hi\nmodels: [a, b, c, d, e, f, g, h, i]`);
    expect([long.status, long.json.detail]).toEqual([422, "models: has 9 elements, at most 8 are allowed"]);
  });

  it("serves the newest version until the label production is set, and then that version", async () => {
    const { key } = await newTenant();
    for (const note of ["a", "b"])
      await call("PUT", "/v1/prompts/lab", { key, yaml: yamlPrompt("lab", `# ${note}\n`) });
    const current = async () => (await call<Published>("GET", "/v1/prompts/lab", { key })).json;
    expect(await current()).toMatchObject({ version: 2, labels: ["latest"] });
    expect((await call("PUT", "/v1/prompts/lab/labels/production", { key, json: { version: 1 } })).status).toBe(200);
    expect(await current()).toMatchObject({ version: 1, labels: ["production"] });
    const split = {
      split: [
        { version: 1, weight: 1 },
        { version: 2, weight: 3 },
      ],
    };
    expect((await call("PUT", "/v1/prompts/lab/labels/canary", { key, json: split })).status).toBe(200);
  });

  it("refuses a label for a missing version, the label `latest`, and a body with version and split", async () => {
    const { key } = await newTenant();
    await call("PUT", "/v1/prompts/lab", { key, yaml: yamlPrompt("lab") });
    const put = async (label: string, json: unknown) => {
      const reply = await call<{ errors: { path: string }[] }>("PUT", `/v1/prompts/lab/labels/${label}`, { key, json });
      return [reply.status, ...reply.json.errors.map((error) => error.path)];
    };
    expect(await put("production", { version: 9 })).toEqual([422, "version"]);
    expect(await put("latest", { version: 1 })).toEqual([422, "label"]);
    expect((await put("production", { version: 1, split: [] }))[0]).toBe(422);
  });

  it("lists prompts over all shards by name, page by page, and by tag", async () => {
    const { key } = await newTenant();
    const names = Array.from({ length: 11 }, (_, index) => `p${String(index).padStart(2, "0")}`);
    await Promise.all(
      names.map(async (name, index) =>
        call("PUT", `/v1/prompts/${name}`, {
          key,
          yaml: yamlPrompt(name, index % 2 ? "tags: [odd]\n" : "tags: [even]\n"),
        }),
      ),
    );
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null;) {
      const query: string = cursor ? `&cursor=${cursor}` : "";
      const page = await call<{ data: { name: string }[]; next_cursor: string | null }>(
        "GET",
        `/v1/prompts?limit=4${query}`,
        { key },
      );
      seen.push(...page.json.data.map((row) => row.name));
      cursor = page.json.next_cursor;
    }
    expect(seen).toEqual(names);
    const odd = await call<{ data: { name: string; tags: string[] }[] }>("GET", "/v1/prompts?tag=odd", { key });
    expect(odd.json.data).toHaveLength(5);
    expect(odd.json.data.every((row) => row.tags.join() === "odd")).toBe(true);
    const split = [1, 1].map((version) => ({ version, weight: 50 }));
    for (const [label, json] of [
      ["production", { version: 1 }],
      ["beta", { split }],
    ] as const) {
      expect((await call("PUT", `/v1/prompts/p03/labels/${label}`, { key, json })).status).toBe(200);
    }
    const labelled = await call<{ data: { name: string; labels: object[] }[] }>("GET", "/v1/prompts?label=beta", {
      key,
    });
    expect(labelled.json.data.map(({ name, labels }) => [name, labels])).toEqual([
      [
        "p03",
        [
          { label: "beta", split },
          { label: "production", version: 1 },
        ],
      ],
    ]);
    const plain = await call<{ data: { labels: object[] }[] }>("GET", "/v1/prompts?limit=1", { key });
    expect(plain.json.data[0]?.labels).toEqual([]);
  });

  it("lists the prompts of a folder, page by page, with a tag too", async () => {
    const { key } = await newTenant();
    const names = ["support", "support-desk", "support/answer", "support/triage", "supportive", "support/z", "zebra"];
    for (const name of names) {
      const path = `/v1/prompts/${encodeURIComponent(name)}`;
      await call("PUT", path, { key, yaml: yamlPrompt(name, name.endsWith("e") ? "tags: [odd]" : "tags: [even]") });
    }
    const list = async (query: string) => {
      const page = await call<{ data: { name: string }[]; next_cursor: string | null }>("GET", `/v1/prompts?${query}`, {
        key,
      });
      return { names: page.json.data.map((row) => row.name), next: page.json.next_cursor };
    };
    const first = await list("prefix=support/&limit=2");
    expect(first.names).toEqual(["support/answer", "support/triage"]);
    expect(await list(`prefix=support/&limit=2&cursor=${first.next}`)).toEqual({ names: ["support/z"], next: null });
    expect((await list("prefix=support/&tag=odd")).names).toEqual(["support/triage"]);
    expect((await list("prefix=%25")).names).toEqual([]);
    const folder = await call("GET", "/v1/prompts?delimiter=/&prefix=support&limit=3", { key });
    const { data, prefixes, next_cursor } = folder.json as { data: { name: string }[]; [field: string]: unknown };
    expect([data.map(({ name }) => name), prefixes]).toEqual([["support", "support-desk"], ["support/"]]);
    expect((await list(`delimiter=/&prefix=support&cursor=${String(next_cursor)}`)).names).toEqual(["supportive"]);
    for (const query of ["delimiter=/&tag=odd", "delimiter=/&label=x", "delimiter=-"]) {
      const refused = await call<{ errors: { path: string }[] }>("GET", `/v1/prompts?${query}`, { key });
      expect([refused.status, query]).toEqual([422, query]);
      expect(query).toContain(refused.json.errors[0]?.path);
    }
  });

  it("forgets a deleted prompt and never reuses its version numbers", async () => {
    const { key } = await newTenant();
    await call("PUT", "/v1/prompts/gone", { key, yaml: yamlPrompt("gone") });
    await call("PUT", "/v1/prompts/gone/labels/production", { key, json: { version: 1 } });
    expect((await call("DELETE", "/v1/prompts/gone", { key })).status).toBe(204);
    expect((await call("GET", "/v1/prompts/gone", { key })).status).toBe(404);
    expect((await call("GET", "/v1/prompts/gone/versions", { key })).status).toBe(404);
    expect((await call("DELETE", "/v1/prompts/gone", { key })).status).toBe(404);
    const again = await call<Published>("PUT", "/v1/prompts/gone", { key, yaml: yamlPrompt("gone") });
    expect([again.status, again.json.version, again.json.labels]).toEqual([201, 2, ["latest"]]);
  });

  it("never serves a deleted version again, though its body is cached as immutable", async () => {
    const { key } = await newTenant();
    const render = async (version: number) =>
      call("POST", "/v1/prompts/greet/render", { key, json: { variables: { who: "x" }, version } });
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
    expect((await render(1)).status).toBe(200);
    expect((await call("DELETE", "/v1/prompts/greet", { key })).status).toBe(204);
    const again = await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet", "description: new\n") });
    expect(again.json["version"]).toBe(2);
    expect([(await render(1)).status, (await render(2)).status]).toEqual([404, 200]);
    const json = { prompt: "greet", version: 1, variables: { who: "x" } };
    expect((await call("POST", "/v1/executions", { key, json })).status).toBe(404);
    expect((await call("GET", "/v1/prompts/greet?version=1", { key })).status).toBe(404);
  });

  it("renders without calling a model, and names a missing variable", async () => {
    const { key } = await newTenant();
    await call("PUT", "/v1/prompts/greet", { key, yaml: yamlPrompt("greet") });
    const good = await call("POST", "/v1/prompts/greet/render", { key, json: { variables: { who: "Ada" } } });
    expect(good.json).toMatchObject({ messages: [{ role: "user", content: "Say hello to Ada." }], version: 1 });
    const bad = await call<{ errors: { path: string }[] }>("POST", "/v1/prompts/greet/render", { key, json: {} });
    expect([bad.status, bad.json.errors[0]?.path]).toEqual([422, "variables.who"]);
  });

  it("answers broken sources with 400 and unusable ones with 422, naming the field", async () => {
    const { key } = await newTenant();
    const put = async (yaml: string) =>
      call<{ errors?: { path: string }[]; detail: string }>("PUT", "/v1/prompts/bad", { key, yaml });
    expect((await put("template: [unclosed")).status).toBe(400);
    const none = await put("model: gpt-4o-mini");
    expect([none.status, none.json.errors?.[0]?.path]).toEqual([422, "template"]);
    const typed = await put("template: x\nvariables: {a: {type: colour}}");
    expect([typed.status, typed.json.errors?.[0]?.path]).toEqual([422, "variables.a.type"]);
    expect((await call("GET", "/v1/prompts/bad", { key })).status).toBe(404);
  });
});
