import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const CLASS = /^export class (\w+) extends DurableObject/m;
const METHOD = /^ {2}(?:async )?([a-z]\w*)\(/gm;

/** The methods that isolates can call of each class of Durable Objects in a folder, in their order. */
export function objectMethods(folder: string): Record<string, string[]> {
  const classes = readdirSync(folder)
    .filter((file) => file.endsWith(".ts"))
    .flatMap((file) => {
      const text = readFileSync(join(folder, file), "utf8");
      const [, name] = CLASS.exec(text) ?? [];
      if (name === undefined) return [];
      const methods = [...text.matchAll(METHOD)].map(([, method = ""]) => method);
      return [[name, methods.filter((method) => method !== "constructor").toSorted()] as const];
    });
  return Object.fromEntries(classes);
}
