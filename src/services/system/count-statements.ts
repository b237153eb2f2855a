import { QueryCount } from "../../storage/query-count.ts";

/** Does some work, and returns how many D1 statements it took. */
export async function countStatements(work: () => Promise<void>): Promise<number> {
  const queries = new QueryCount();
  await queries.during(work);
  return queries.queries;
}
