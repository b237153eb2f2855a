import { SYSTEM } from "../../domain/audit/audit-entry.ts";
import { actAs, presentAuthor } from "../../storage/audit/author.ts";

export { actAs, presentAuthor };

/** Makes changes that no request decides on, even while one is served. */
export async function actAsSystem<T>(work: () => Promise<T>): Promise<T> {
  return actAs({ actor: SYSTEM, request_id: null }, work);
}
