import { isSeq, parseDocument } from "yaml";
import type { AddedTest } from "./execution-detail.ts";

/** The text of a prompt file with one more test. */
export function withTest(file: string, test: AddedTest): string {
  const document = parseDocument(file);
  const tests = document.get("tests");
  if (isSeq(tests)) tests.add(document.createNode(test));
  else document.set("tests", [test]);
  return document.toString();
}
