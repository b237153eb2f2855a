import { type Assertion, assertionSchema, MAX_ASSERTIONS } from "../assertion.ts";
import type { TestCase } from "../test-case.ts";

/** Something of a foreign file that was not taken over: where it stands, and why. */
export interface LeftOutPart {
  path: string;
  reason: string;
}

/** A prompt of a foreign file, ready to be published once it has a name. */
export interface ImportedText {
  name: string;
  template?: string;
  messages?: { role: string; content: string }[];
}

/** What a foreign file says in our terms, and all that it says and we cannot. */
export interface ImportedTests {
  format: "promptfoo" | "openai-evals";
  prompts: ImportedText[];
  models: string[];
  tests: TestCase[];
  repeat?: number;
  concurrency?: number;
  left_out: LeftOutPart[];
}

/** The most cases that are taken over, as many as a run takes. */
export const MAX_IMPORTED = 200;
/** The most characters of the cases as JSON, about what a run can keep. */
const MAX_CHARACTERS = 1_900_000;
/** The most things that are told of; a file with more has the same fault all over. */
const MAX_TOLD = 500;
const MAX_PATH = 300;
/** The most assertions that are looked at, over all cases: a small file may multiply them. */
const MAX_EXAMINED = 10_000;
/** The longest text of an assertion. */
const MAX_TEXT = 20_000;

/** Notes what is not taken over, and bounds the work on a file. */
export class LeftOuts {
  readonly list: LeftOutPart[] = [];
  readonly #work: { examined: number };

  constructor(work = { examined: 0 }) {
    this.#work = work;
  }

  /** Notes of their own that count as the same work. */
  apart(): LeftOuts {
    return new LeftOuts(this.#work);
  }

  /** Whether one more assertion may be looked at. */
  mayExamine(path: string): boolean {
    this.#work.examined += 1;
    if (this.#work.examined === MAX_EXAMINED + 1) this.add(path, `more than ${MAX_EXAMINED} assertions in all cases`);
    return this.#work.examined <= MAX_EXAMINED;
  }

  /** Notes something at a dotted path. Returns nothing, for callers that have nothing, too. */
  add(at: string, reason: string): undefined {
    const path = at.slice(0, MAX_PATH).toWellFormed();
    if (this.list.length < MAX_TOLD) this.list.push({ path, reason });
    else if (this.list.length === MAX_TOLD) this.list.push({ path: "", reason: `more than ${MAX_TOLD} things` });
  }

  /** Notes at a place what of these nobody was told of yet: each thing once. */
  addNew(at: string, parts: readonly LeftOutPart[]): void {
    for (const { path, reason } of parts) {
      const there = { path: at, reason: `${path}: ${reason}` };
      if (this.list.length > MAX_TOLD) return;
      const isSame = (told: LeftOutPart) => [path, there.path].includes(told.path) && told.reason.endsWith(reason);
      if (!this.list.some(isSame)) this.add(there.path, there.reason);
    }
  }

  /** Notes all fields but the known ones. */
  addRest(fields: Record<string, unknown>, path: string, reason: string): void {
    for (const name of Object.keys(fields)) this.add(path === "" ? name : `${path}.${name}`, reason);
  }

  /** The assertion that was written, where it is a valid one. */
  valid(path: string, written: Record<string, unknown>): Assertion[] {
    const parsed = assertionSchema.safeParse(written);
    if (parsed.success) return [parsed.data];
    const [issue] = parsed.error.issues;
    this.add(path, `${issue?.path.join(".") ?? ""} ${issue?.message ?? "is not valid"}`.trim());
    return [];
  }

  /** As many assertions as a case may have. */
  bounded(path: string, assertions: readonly Assertion[]): Assertion[] {
    const more = assertions.length - MAX_ASSERTIONS;
    if (more > 0) this.add(path, `a case has at most ${MAX_ASSERTIONS} assertions; the last ${more} are left out`);
    return assertions.slice(0, MAX_ASSERTIONS);
  }
}

/** The first cases, as many as a run can take and keep. Makes no more than these. */
export function firstCases(cases: Iterable<TestCase>, left: LeftOuts): TestCase[] {
  const taken: TestCase[] = [];
  let characters = 0;
  for (const each of cases) {
    characters += JSON.stringify(each).length;
    if (taken.length === MAX_IMPORTED || characters > MAX_CHARACTERS) {
      left.add("tests", `a run has at most ${MAX_IMPORTED} cases of 1.9 MB together; the others are left out`);
      break;
    }
    taken.push(each);
  }
  return taken;
}

const TAG = /\{\{\s*([\w.$-]{1,200})\s*\}\}/g;

/**
 * A text with the values of its `{{ names }}`; undefined where a name has no plain value, where it
 * has other template code, or gets too long.
 */
export function fillIn(text: string, valueOf: (name: string) => unknown): string | undefined {
  let room = MAX_TEXT - text.length;
  const filled = text.replaceAll(TAG, (_tag, name: string) => {
    const value = room < 0 ? undefined : valueOf(name);
    const shown = ["string", "number", "boolean"].includes(typeof value) ? String(value) : undefined;
    room -= shown?.length ?? Infinity;
    return shown ?? "";
  });
  return room >= 0 && !/\{[{%]/.test(text.replaceAll(TAG, "")) ? filled : undefined;
}

/** Whether a value is a mapping. */
export function isMap(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A list as it is, nothing as an empty one, and anything else as a list of it. */
export function listOf(value: unknown): unknown[] {
  return Array.isArray(value) ? (value as unknown[]) : value === undefined || value === null ? [] : [value];
}
