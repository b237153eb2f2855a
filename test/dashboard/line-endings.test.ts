import { expect, it } from "vitest";
import { endingOf, withEnding, withLf } from "../../src/dashboard/pages/prompts/editor/line-endings.ts";

it("the ending of a file is CRLF where every line of it has it", () => {
  expect(["a\r\nb\r\n", "\r\n", "a\r\nb\n", "a\nb", "a", "\n\r\n"].map(endingOf)).toEqual([
    "\r\n",
    "\r\n",
    "\n",
    "\n",
    "\n",
    "\n",
  ]);
});

it("a file with CRLF comes out of an editor as it went in", () => {
  const file = "model: a\r\n\r\ntemplate: b\r\n";
  expect(withEnding(withLf(file), endingOf(file))).toBe(file);
});
