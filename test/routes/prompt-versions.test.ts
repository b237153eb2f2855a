import { describe, expect, it } from "vitest";
import { call, newTenant } from "../support/api.ts";

interface Published {
  version: number;
  content_hash: string;
  includes: unknown[];
  detail: string;
  code: string;
  errors: Array<{ path: string; message: string }>;
}

async function tenant() {
  const { key } = await newTenant();
  const put = async (name: string, template: string, ifMatch?: string) =>
    call<Published>("PUT", `/v1/prompts/${encodeURIComponent(name)}`, {
      key,
      json: { model: "gpt-4o-mini", template },
      headers: ifMatch === undefined ? {} : { "if-match": ifMatch },
    });
  const render = async (name: string, body: object = {}) =>
    (
      await call<{ messages: Array<{ content: string }> }>("POST", `/v1/prompts/${encodeURIComponent(name)}/render`, {
        key,
        json: body,
      })
    ).json.messages[0]?.content;
  const label = async (name: string, to: string, json: object) =>
    call("PUT", `/v1/prompts/${encodeURIComponent(name)}/labels/${to}`, { key, json });
  return { key, put, render, label };
}

describe("a prompt that includes others", () => {
  it("keeps what it pinned, whatever happens to the others", async () => {
    const { key, put, render } = await tenant();
    await put("legal/note", "Note 1.");
    const first = await put("letter", 'Dear. {% include "legal/note" %}');
    expect([first.status, first.json.includes]).toEqual([201, [{ name: "legal/note", version: 1 }]]);
    await put("legal/note", "Note 2.");
    expect(await render("letter")).toBe("Dear. Note 1.");
    expect((await call("DELETE", "/v1/prompts/legal%2Fnote", { key })).status).toBe(204);
    expect(await render("letter")).toBe("Dear. Note 1.");
    const read = await call<Published>("GET", "/v1/prompts/letter", { key });
    expect(read.json.includes).toEqual(first.json.includes);
    expect(read.json).not.toHaveProperty("definition.includes");
    const file = await call("GET", "/v1/prompts/letter", { key, headers: { accept: "application/yaml" } });
    expect(file.text).toContain("{% include");
  });

  it("takes a label, a version, or what an execution would take", async () => {
    const { put, render, label } = await tenant();
    for (const text of ["1", "2", "3", "4"]) await put("n", text);
    await label("n", "old", { version: 2 });
    await put("p", "{% include 'n' %}{% include 'n@old' %}{% include 'n#1' %}{% include 'n@latest' %}");
    expect(await render("p")).toBe("4214");
    await label("n", "production", { version: 3 });
    await put("q", "{% include 'n' %}");
    expect(await render("q")).toBe("3");
  });

  it("is published again from the same file once what it includes has moved, and not before", async () => {
    const { put, render } = await tenant();
    await put("n", "1");
    const file = ["p", "{% include 'n' %}"] as const;
    expect((await put(...file)).json.version).toBe(1);
    expect((await put(...file)).status).toBe(200);
    await put("n", "2");
    const again = await put(...file);
    expect([again.status, again.json.version, await render("p")]).toEqual([201, 2, "2"]);
  });

  it("is refused with the place, where it cannot be", async () => {
    const { put, label } = await tenant();
    await put("a", "A");
    await put("b", "B {% include 'a' %}");
    await put("a", "A2");
    await label("a", "split", { split: [1, 2].map((version) => ({ version, weight: 1 })) });
    const text = ["none", "a@none", "a#9", "A b", "a@split", "b"].map((name) => `{% include '${name}' %}`).join("\n");
    const reply = await put("a", text);
    expect([reply.status, reply.json.errors]).toEqual([
      422,
      [
        ["none", "No such prompt."],
        ["a@none", "No such prompt label."],
        ["a#9", "No such prompt version."],
        ["A b", 'that is not the form of "name", "name@label" or "name#version"'],
        ["a@split", 'the label "split" splits its traffic; name one version'],
        ["b", '"b" includes "a" itself'],
      ].map(([name, why], at) => ({
        path: "template",
        message: `line ${at + 1}, column 1: cannot include "${name}": ${why}`,
      })),
    ]);
  });

  it("includes nothing of another tenant's", async () => {
    const [mine, theirs] = await Promise.all([tenant(), tenant()]);
    await theirs.put("secret", "S");
    expect((await mine.put("p", "{% include 'secret' %}")).json.errors[0]?.message).toContain("No such prompt.");
  });

  it("asks for the variables of all", async () => {
    const { key, put, render } = await tenant();
    const yaml = "model: gpt-4o-mini\ntemplate: 'for {{ n + 1 }}'\nvariables: {n: {type: integer, required: true}}";
    await call("PUT", "/v1/prompts/n", { key, yaml });
    await put("p", "{{ who }} {% include 'n' %}");
    expect(await render("p", { variables: { who: "x", n: 1 } })).toBe("x for 2");
    const bad = await call<Published>("POST", "/v1/prompts/p/render", { key, json: { variables: { who: "x" } } });
    expect(bad.json.errors).toEqual([{ path: "variables.n", message: "is required" }]);
  });
});

describe("PUT with If-Match", () => {
  it("publishes where the newest version is the one that was seen", async () => {
    const { put } = await tenant();
    await put("p", "1");
    expect((await put("p", "2", '"1"')).status).toBe(201);
    expect((await put("p", "3", '"7", "2"')).status).toBe(201);
    expect((await put("p", "3", '"3"')).status).toBe(200);
    expect((await put("p", "4", "*")).json.version).toBe(4);
  });

  it("is 412, and changes nothing, where it is another", async () => {
    const { key, put, render } = await tenant();
    expect((await put("p", "1", '"1"')).status).toBe(412);
    expect((await put("p", "1", "*")).status).toBe(412);
    await put("p", "1");
    for (const tag of ['"2"', "1", 'W/"1"', '"x"']) {
      const reply = await put("p", "2", tag);
      expect([tag, reply.status, reply.json.code]).toEqual([tag, 412, "precondition_failed"]);
      expect(reply.json.detail).toBe('The newest version of "p" is 1. Nothing was published.');
    }
    expect(await render("p")).toBe("1");
    await call("DELETE", "/v1/prompts/p", { key });
    expect((await put("p", "1", '"1"')).status).toBe(412);
  });

  it("lets one of many through that saw the same", async () => {
    const { key, put } = await tenant();
    await put("p", "0");
    const replies = await Promise.all(Array.from({ length: 8 }, async (_, at) => put("p", `new ${at}`, '"1"')));
    expect(replies.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([
      201,
      ...Array.from({ length: 7 }, () => 412),
    ]);
    const versions = await call<{ data: unknown[] }>("GET", "/v1/prompts/p/versions", { key });
    expect(versions.json.data).toHaveLength(2);
  });
});

describe("the diff of two versions", () => {
  it("takes versions and labels", async () => {
    const { key, put, label } = await tenant();
    await put("p", "1 {{ a }}");
    await put("p", "2 {{ b }}");
    await label("p", "old", { version: 1 });
    const diff = async (json: object) => call("POST", "/v1/prompts/p/diff", { key, json });
    const expected = {
      changes: [
        { path: "messages.0.content", from: "1 {{ a }}", to: "2 {{ b }}" },
        { path: "variables.a", from: { type: "string", required: true } },
        { path: "variables.b", to: { type: "string", required: true } },
      ],
      variables: { added: ["b"], removed: ["a"], retyped: [] },
      compatible: false,
    };
    expect((await diff({ from: 1, to: 2 })).json).toEqual(expected);
    expect((await diff({ from: "old", to: "latest" })).json).toEqual(expected);
    expect((await diff({ from: 1, to: 9 })).status).toBe(404);
    expect((await diff({ from: 1 })).status).toBe(422);
    expect((await call("POST", "/v1/prompts/none/diff", { key, json: { from: 1, to: 1 } })).status).toBe(404);
  });
});
