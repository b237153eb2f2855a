import { describe, expect, it } from "vitest";
import { Paint } from "../../src/cli/output/paint.ts";
import { safeForTerminal } from "../../src/cli/output/safe-for-terminal.ts";

describe("text for a terminal", () => {
  it.each([
    ["sets no title", "a\u001b]0;pwned\u0007b", "a␛]0;pwned␇b"],
    ["clears no screen", "\u001b[2J\u009b2J", "␛[2J\u{FFFD}2J"],
    ["overwrites no line", "all is well\rrm -rf /", "all is wellrm -rf /"],
    ["keeps lines, tabs and letters", "é\t漢字 👩‍💻\r\nb\n", "é\t漢字 👩‍💻\r\nb\n"],
  ])("%s", (_, text, shown) => expect(safeForTerminal(text)).toBe(shown));

  it("keeps this command's colours and the clearing of its progress line", () => {
    const text = `\r\u001b[K${new Paint(true).red("failed")}`;
    expect(safeForTerminal(text)).toBe(text);
  });
});
