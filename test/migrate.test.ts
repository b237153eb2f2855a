import { readFileSync, readdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { checkTriggers, readMigrations } from "../scripts/migrate.ts";

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

/** What a migration may do while code that does not know it still runs. */
const ADDS = [
  /^CREATE TABLE /,
  /^CREATE INDEX /,
  /^CREATE TRIGGER /,
  /^INSERT INTO /,
  /^UPDATE /,
  /^ALTER TABLE `\w+` ADD `\w+` \w+(?: DEFAULT \S+(?: NOT NULL)?)?$/,
];

describe("a migration", () => {
  it.each(readMigrations("migrations"))("only adds, since older code still runs: $name", ({ statements }) => {
    const texts = statements.map((statement) =>
      statement
        .replaceAll(/^--.*$/gm, "")
        .trim()
        .replace(/;$/, ""),
    );
    for (const text of texts) {
      const [, table = ""] = /^CREATE UNIQUE INDEX \S+ ON `(\w+)`/.exec(text) ?? [];
      // A table that is new has no rows that are not unique, and no code that writes such.
      const isOfNewTable = texts.some((other) => other.startsWith(`CREATE TABLE \`${table}\``));
      expect([text, isOfNewTable || ADDS.some((form) => form.test(text))]).toEqual([text, true]);
    }
  });
});
