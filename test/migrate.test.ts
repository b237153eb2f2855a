import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkTriggers } from "../scripts/migrate.ts";

const TRIGGER = "CREATE TRIGGER `a_b` AFTER INSERT ON `a` BEGIN UPDATE `b` SET `n` = (CASE WHEN 1 THEN 2 END); END;";

describe("a trigger of a migration", () => {
  it.each(readdirSync("migrations").filter((name) => name.endsWith(".sql")))("of %s is left whole by D1", (name) => {
    expect(() => checkTriggers(name, readFileSync(`migrations/${name}`, "utf8"))).not.toThrow();
  });

  it.each([
    ["on several lines", TRIGGER.replace("BEGIN ", "BEGIN\n  ")],
    ["with a line of its own for BEGIN", TRIGGER.replace(" BEGIN", "\nBEGIN")],
    ["with END on another line", TRIGGER.replace("; END", ";\nEND")],
    ["with Windows' ends of lines", TRIGGER.replace(" BEGIN ", "\r\nBEGIN\r\n")],
    ["in small letters", TRIGGER.replace("BEGIN", "begin")],
    ["with a CASE outside parentheses", TRIGGER.replace(/\((CASE.*END)\)/, "$1")],
    ["that comes after other statements", `CREATE TABLE a (n);\n${TRIGGER.replace("END;", "end;")}`],
  ])("%s is refused before D1 cuts it", (_, sql) => {
    expect(() => checkTriggers("0001_a.sql", sql)).toThrow(/^0001_a.sql: D1 cuts this trigger/);
    expect(() => checkTriggers("0001_a.sql", TRIGGER)).not.toThrow();
  });
});
