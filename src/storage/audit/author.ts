import { AsyncLocalStorage } from "node:async_hooks";
import { type Author, SYSTEM } from "../../domain/audit/audit-entry.ts";

const authors = new AsyncLocalStorage<Author>();

/**
 * Makes an author known to all changes that `work` makes. It is not an argument, because it would
 * be one of every use case and repository, and a change must not have the choice to leave it out.
 */
export async function actAs<T>(author: Author, work: () => Promise<T>): Promise<T> {
  return authors.run(author, work);
}

/** Who makes the present change; the system where nobody was named. */
export function presentAuthor(): Author {
  return authors.getStore() ?? { actor: SYSTEM, request_id: null };
}
