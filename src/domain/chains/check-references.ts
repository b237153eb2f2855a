import type { Findings } from "../prompts/import/findings.ts";
import { freeVariables } from "../template/free-variables.ts";
import { memberReads } from "../template/member-reads.ts";
import type { ParsedTemplate } from "../template/parse-template.ts";
import { type ChainDefinition, type ChainStep, STEP_FIELDS } from "./chain.ts";
import { conditionText, eachText, parseStepTemplate } from "./step-template.ts";

/** A step whose references were not read yet. */
export type UncheckedStep = Omit<ChainStep, "needs">;

/**
 * Reads which steps each step needs from what its templates name. References to what is not there,
 * and steps that wait for each other, are faults.
 */
export function checkReferences(
  { inputs, steps }: Pick<ChainDefinition, "inputs"> & { steps: UncheckedStep[] },
  findings: Findings,
): ChainStep[] {
  const ids = steps.map(({ id }) => id);
  const found = steps.map((step, at) => {
    const needs = new Set<string>();
    const names = { inputs: new Set(Object.keys(inputs)), ids: new Set(ids), needs };
    const check = (text: string, path: string, more: readonly string[]) => {
      const template = findings.collect(() => parseStepTemplate(text, path));
      if (template) checkTemplate(template, { ...names, more, own: step.id }, findings);
    };
    const path = `steps.${at}`;
    const perItem = step.for_each === undefined ? [] : ["item", "index"];
    eachText(step.variables, `${path}.variables`, (text, place) => check(text, place, perItem));
    eachText(step.for_each, `${path}.for_each`, (text, place) => check(text, place, []));
    if (typeof step.when === "string") check(conditionText(step.when), `${path}.when`, []);
    return { ...step, needs: ids.filter((id) => needs.has(id)) };
  });
  if (findings.errors.length === 0) checkOrder(found, findings);
  return found;
}

/** What the templates of a step may name, and what they were found to need. */
interface Names {
  own: string;
  inputs: ReadonlySet<string>;
  ids: ReadonlySet<string>;
  more: readonly string[];
  needs: Set<string>;
}

function checkTemplate(template: ParsedTemplate, names: Names, findings: Findings): void {
  const { path } = template;
  const { required, optional, unknownFunctions } = freeVariables(template);
  for (const name of unknownFunctions) findings.fault(path, `calls "${name}", which does not exist`);
  const free = new Set([...required, ...optional]);
  for (const name of free) {
    if (name === "inputs" || name === "steps" || names.more.includes(name)) continue;
    const known = ["inputs.<name>", "steps.<id>", ...names.more].join(", ");
    findings.fault(path, `reads "${name}"; a template of this step can read ${known}`);
  }
  for (const read of memberReads(template)) {
    const fault = free.has(read[0] ?? "") ? faultOf(read, names) : undefined;
    if (fault) findings.fault(path, fault);
  }
}

function faultOf([root, name, field]: readonly string[], { inputs, ids, needs, own }: Names): string | undefined {
  if (root === "inputs" && name !== undefined && !inputs.has(name))
    return `reads inputs.${name}, which is not declared`;
  if (root !== "steps") return undefined;
  if (name === undefined) return "must name the step that it reads, such as steps.first.output";
  if (name === own) return `reads steps.${name}, which is this step itself`;
  if (!ids.has(name)) return `reads steps.${name}, but no step has this id`;
  needs.add(name);
  if (field === undefined || STEP_FIELDS.some((known) => known === field)) return undefined;
  return `reads steps.${name}.${field}; a step has ${STEP_FIELDS.join(", ")}`;
}

/** Finds steps that can never begin, because each waits for another of them. */
function checkOrder(steps: readonly ChainStep[], findings: Findings): void {
  const ended = new Set<string>();
  for (let before = -1; before < ended.size;) {
    before = ended.size;
    for (const { id, needs } of steps) if (needs.every((need) => ended.has(need))) ended.add(id);
  }
  const stuck = new Map(steps.filter(({ id }) => !ended.has(id)).map((step) => [step.id, step]));
  const [first] = stuck.keys();
  if (first === undefined) return;
  const way = [first];
  for (let at = first; ;) {
    at = stuck.get(at)?.needs.find((need) => stuck.has(need)) ?? first;
    const seen = way.indexOf(at);
    way.push(at);
    if (seen === -1) continue;
    const cycle = way.slice(seen);
    const place = steps.findIndex(({ id }) => id === at);
    return findings.fault(`steps.${place}`, `is part of a cycle: ${cycle.join(" reads ")}`);
  }
}
