/**
 * The Worker's modules without what only the document of the API says, which `api-document.ts` makes
 * of the whole ones: summaries, descriptions, and responses, whose schemas are half of all. Every
 * isolate would make them at its start.
 */
import { parseSync, Visitor } from "vite";

/** What makes a route. The route is the last argument. */
const ROUTE_MAKERS = new Set(["securedRoute", "openRoute", "createRoute"]);
/** The members of a route that nothing reads while it is served. */
const DOCUMENTATION = new Set(["summary", "description", "tags", "responses"]);

/** A part of a module, between two offsets, and what stands there instead. */
interface Edit {
  start: number;
  end: number;
  text: string;
}

type Program = ReturnType<typeof parseSync>["program"];

/**
 * A module without its documentation, on the same lines. The bundler may drop the constants that
 * nothing reads any more, so making one must have no other effect. Throws an Error where the module
 * is not correct TypeScript.
 */
export function cutDocumentation(source: string, file: string): string {
  const { program, errors } = parseSync(file, source);
  if (errors[0]) throw new Error(`${file}: ${errors[0].message}`);
  const cuts = documentationIn(program).map(([start, end]) => ({ start, end, text: newlinesOf(source, start, end) }));
  return applyEdits(source, [...cuts, ...program.body.flatMap(droppableConstants)]);
}

/** Where the documentation of a module stands: `.describe(…)`, what a body is, members of a route. */
function documentationIn(program: Program): [start: number, end: number][] {
  const found: [number, number][] = [];
  const visitor = new Visitor({
    CallExpression({ callee, arguments: given, end }) {
      if (callee.type === "MemberExpression" && callee.property.type === "Identifier") {
        if (callee.property.name === "describe") found.push([callee.object.end, end]);
      }
      if (callee.type !== "Identifier") return;
      const [first, second] = given;
      if (callee.name === "json" && first && second) found.push([first.end, second.end]);
      const route = given.at(-1);
      if (!ROUTE_MAKERS.has(callee.name) || route?.type !== "ObjectExpression") return;
      for (const [at, member] of route.properties.entries()) {
        if (member.type !== "Property" || member.key.type !== "Identifier") continue;
        const end = route.properties[at + 1]?.start ?? route.end - 1;
        if (DOCUMENTATION.has(member.key.name)) found.push([member.start, end]);
      }
    },
  });
  visitor.visit(program);
  return found;
}

/** Marks what the constants of a statement are made by as free of effects, as esbuild reads it. */
function droppableConstants(statement: Program["body"][number]): Edit[] {
  const declared = statement.type === "ExportNamedDeclaration" ? statement.declaration : statement;
  if (declared?.type !== "VariableDeclaration") return [];
  return declared.declarations.flatMap(({ init }) => {
    if (!init || init.type === "ArrowFunctionExpression" || init.type === "Literal") return [];
    return [
      { start: init.start, end: init.start, text: "/* @__PURE__ */ (() => (" },
      { start: init.end, end: init.end, text: "))()" },
    ];
  });
}

function newlinesOf(source: string, start: number, end: number): string {
  return source.slice(start, end).replaceAll(/[^\n]/g, "");
}

/** Makes edits, of which some lie within others. */
function applyEdits(source: string, edits: readonly Edit[]): string {
  let text = "";
  let done = 0;
  for (const edit of edits.toSorted((a, b) => a.start - b.start || b.end - a.end)) {
    if (edit.start < done) continue;
    text += source.slice(done, edit.start) + edit.text;
    done = edit.end;
  }
  return text + source.slice(done);
}
