import { createHash } from "node:crypto";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { OWNED_TABLES } from "../../../src/storage/resharding/owned-tables.ts";

/** What the databases of a server that does not run hold. */
export interface RowsAtRest {
  /** Rows of each database. */
  rows: number[];
  /** Rows that are in more than one database. */
  twice: string[];
  /** A checksum of all rows, wherever they are. */
  checksum: string;
  /** The states of the moves, in their order. */
  moves: string[];
}

/** Reads every row that can move, from the files of the D1 databases below a folder. */
export function readRowsAtRest(stateDir: string): RowsAtRest {
  const files = readdirSync(stateDir, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".sqlite") && file.includes("d1"))
    .map((file) => join(stateDir, file));
  const seen = new Map<string, string>();
  const twice: string[] = [];
  const rows: number[] = [];
  const moves: string[] = [];
  for (const file of files) {
    const db = new DatabaseSync(file, { readOnly: true });
    try {
      if (!db.prepare("select 1 from sqlite_master where name = 'bucket_guards'").get()) continue;
      const states = db.prepare("select state from shard_moves order by epoch").all();
      moves.push(...states.map(({ state }) => String(state)));
      let count = 0;
      for (const { name, key } of OWNED_TABLES) {
        for (const row of db.prepare(`select * from ${name}`).all()) {
          const id = `${name} ${JSON.stringify(key.map((column) => row[column]))}`;
          if (seen.has(id)) twice.push(id);
          seen.set(id, JSON.stringify(row));
          count += 1;
        }
      }
      rows.push(count);
    } finally {
      db.close();
    }
  }
  const hash = createHash("sha256");
  for (const id of [...seen.keys()].toSorted()) hash.update(`${id} ${seen.get(id)}\n`);
  return { rows, twice, checksum: hash.digest("hex").slice(0, 16), moves };
}
