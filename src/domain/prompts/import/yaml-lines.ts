import { type Document, isMap, isScalar, isSeq, LineCounter, type Node } from "yaml";
import { composeYaml } from "./compose-yaml.ts";

/**
 * Tells the lines of a YAML text, from 1, where fields are by their paths, or else the nearest
 * fields around them that are written there.
 */
export function lineFinder(source: string): (path: readonly string[]) => number {
  const lines = new LineCounter();
  const document = composeYaml(source, lines);
  return (path) => ("code" in document ? 1 : lineOf(document, lines, path));
}

function lineOf(document: Document, lines: LineCounter, path: readonly string[]): number {
  let offset = 0;
  let node: unknown = document.contents;
  for (const step of path) {
    const pair = isMap(node) ? node.items.find(({ key }) => isScalar(key) && String(key.value) === step) : undefined;
    const next: unknown = isSeq(node) ? node.items[Number(step)] : pair?.value;
    const place = pair ? pair.key : next;
    if (!isPlaced(place)) break;
    offset = place.range[0];
    node = next;
  }
  return lines.linePos(offset).line;
}

function isPlaced(value: unknown): value is Node & { range: [number, number, number] } {
  return typeof value === "object" && value !== null && "range" in value && Array.isArray(value.range);
}
