/**
 * Statements in their order, and the rows that the platform's engine counts as written for each.
 * `test/storage/written-rows.test.ts` holds the engine to it, `test/load/bill.test.ts` the model of
 * `npm run bill`.
 */
export const COUNTED_STATEMENTS: readonly (readonly [sql: string, written: number])[] = [
  ["insert into bill_t values ('1', 1, 1)", 3],
  ["insert into bill_t values ('2', 1, 9)", 4],
  ["insert or replace into bill_t values ('2', 2, 9)", 4],
  ["insert into bill_t values ('2', 3, 3) on conflict (id) do nothing", 0],
  ["insert into bill_t values ('2', 3, 3) on conflict (id) do update set a = excluded.a", 2],
  ["update bill_t set b = 2 where id = '1'", 1],
  ["update bill_t set a = a", 4],
  ["update bill_t set b = 9", 4],
  ["delete from bill_t where id = '1'", 1],
  ["insert into bill_w values ('1', 'x')", 1],
  ["insert or replace into bill_w values ('1', 'y')", 1],
  ["insert into bill_w values ('2', 'y')", 1],
  ["update bill_w set v = 'z'", 2],
  ["delete from bill_w where id = '9'", 0],
  ["delete from bill_w where id = '1'", 1],
  ["insert or replace into bill_i values (0, 'a')", 1],
  ["insert or replace into bill_i values (0, 'b')", 1],
  ["insert into bill_i select value, 'c' from json_each('[1, 2, 3]')", 3],
];

/** The tables that the statements are about. */
export const COUNTED_TABLES: readonly string[] = [
  "create table bill_t (id text primary key, a int, b int)",
  "create index bill_t_a on bill_t (a)",
  "create index bill_t_b on bill_t (b) where b > 5",
  "create table bill_w (id text primary key, v text) without rowid",
  "create table bill_i (id integer primary key, v text)",
];
