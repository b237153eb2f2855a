import { describe, expect, it } from "vitest";
import { call } from "../support/api.ts";
import { type ChainRunView, step, tenantWithChain } from "../support/chains.ts";

describe("a chain", () => {
  it("has versions and labels as prompts have", async () => {
    const { key } = await tenantWithChain([step("a", "x")]);
    const yaml =
      "name: c\nsteps: [{id: a, prompt: say, variables: {text: y}}, {id: b, prompt: say, when: steps.a.output}]";
    const second = await call("PUT", "/v1/chains/c", { key, yaml });
    expect([second.status, second.json]).toMatchObject([
      201,
      {
        name: "c",
        version: 2,
        labels: ["latest"],
        steps: [
          { id: "a", needs: [] },
          { id: "b", needs: ["a"] },
        ],
      },
    ]);
    expect((await call("PUT", "/v1/chains/c", { key, yaml })).status).toBe(200);
    const label = await call("PUT", "/v1/chains/c/labels/production", { key, json: { version: 1 } });
    expect([label.status, label.json]).toEqual([200, { name: "c", label: "production", version: 1 }]);
    expect((await call("GET", "/v1/chains/c", { key })).json).toMatchObject({ version: 1, labels: ["production"] });
    const latest = await call("GET", "/v1/chains/c?label=latest", { key, headers: { accept: "application/yaml" } });
    expect(latest.text).toBe(yaml);
    expect((await call("GET", "/v1/chains/c/versions?limit=1", { key })).json).toMatchObject({
      data: [{ version: 2 }],
    });
    expect((await call("GET", "/v1/chains", { key })).json).toMatchObject({ data: [{ name: "c", version: 2 }] });
    const faults = [
      await call("PUT", "/v1/chains/c/labels/x", { key, json: { version: 9 } }),
      await call("PUT", "/v1/chains/c/labels/latest", { key, json: { version: 1 } }),
      await call("GET", "/v1/chains/c?version=9", { key }),
      await call("GET", "/v1/chains/c?label=none", { key }),
      await call("PUT", "/v1/chains/none/labels/x", { key, json: { version: 1 } }),
    ];
    expect(faults.map(({ status }) => status)).toEqual([422, 422, 404, 404, 404]);
    expect((await call("DELETE", "/v1/chains/c", { key })).status).toBe(204);
    expect((await call("GET", "/v1/chains/c", { key })).status).toBe(404);
    expect((await call("PUT", "/v1/chains/c", { key, yaml })).json).toMatchObject({ version: 3 });
  });

  it("names every fault of its file, also prompts that do not exist", async () => {
    const { key } = await tenantWithChain([step("a", "x")]);
    const pathsOf = async (json: object) => {
      const reply = await call<ChainRunView>("PUT", "/v1/chains/c", { key, json });
      return [reply.status, ...(reply.json.errors ?? []).map(({ path }) => path)];
    };
    expect(await pathsOf({ steps: [step("a", "{{ steps.b.output }}")] })).toEqual([422, "steps.0.variables.text"]);
    expect(await pathsOf({ steps: [{ id: "a", prompt: "none" }, step("b", "x", { label: "none" })] })).toEqual([
      422,
      "steps.0.prompt",
      "steps.1.label",
    ]);
    expect((await call("PUT", "/v1/chains/c", { key, yaml: "steps: [" })).status).toBe(400);
    const large = { steps: [step("a", "語".repeat(340_000))] };
    expect((await call("PUT", "/v1/chains/c", { key, json: large })).status).toBe(413);
  });
});
