import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { cutDocumentation } from "../scripts/cut-documentation.ts";
import { workerSources } from "../scripts/worker-sources.ts";

const ROUTE = `import * as z from "zod";
const view = z.object({ id: z.string().describe("Its id") });
export const read = securedRoute("admin", {
  method: "get",
  path: "/v1/things/{id}",
  summary: "Read a thing",
  request: {
    params: z.object({ id: z.string().max(9).describe("Which").optional() }),
    body: json(z.object({}), "Nothing"),
  },
  responses: { 200: json(view, "The thing") },
});
`;

describe("a module of the Worker without its documentation", () => {
  it("has what a request is checked by, on the same lines", () => {
    const lines = cutDocumentation(ROUTE, "read.ts").split("\n");
    expect(lines).toHaveLength(ROUTE.split("\n").length);
    expect(lines[4]).toBe('  path: "/v1/things/{id}",');
    expect(lines[7]).toBe("    params: z.object({ id: z.string().max(9).optional() }),");
    expect(lines[8]).toBe("    body: json(z.object({})),");
  });

  it("says nothing of what it is, takes and answers", () => {
    const text = cutDocumentation(ROUTE, "read.ts");
    for (const part of ["describe", "Its id", "summary", "Read a thing", "Nothing", "responses", "The thing"]) {
      expect(text).not.toContain(part);
    }
  });

  it("has constants that may be dropped, where making them has no other effect", () => {
    const text = cutDocumentation(`${ROUTE}const LIMIT = 5;\nserve(read);\n`, "read.ts");
    expect(text).toContain("const view = /* @__PURE__ */ (() => (z.object({ id: z.string() })))();");
    expect(text).toContain("export const read = /* @__PURE__ */ (() => (securedRoute(");
    expect(text).toContain("const LIMIT = 5;\nserve(read);\n");
  });

  it("is not made of one with a fault of syntax", () => {
    expect(() => cutDocumentation("const = 1;", "read.ts")).toThrow("read.ts: ");
  });
});

describe("the sources that a deployment is built of", () => {
  const sources = workerSources();

  it("are those of src, on the same lines", () => {
    expect(sources.size).toBeGreaterThan(400);
    for (const [file, text] of sources) {
      expect([file, text.split("\n").length]).toEqual([file, readFileSync(file, "utf8").split("\n").length]);
    }
  });

  it("have no description of a schema and no summary of a route", () => {
    const found = [...sources].filter(([, text]) => /\.describe\(\s*["`]|^ +summary:\s*["`]/m.test(text));
    expect(found.map(([file]) => file)).toEqual([]);
  });
});
