import type { AppContext } from "./context.ts";

/** The header of a token that lets a caller read what it wrote. */
export const BOOKMARK_HEADER = "x-pbt-bookmark";

/** Answers so that the caller sees what it wrote before, and can see later what it writes now. */
export async function withOwnWrites(c: AppContext, isRead: boolean, work: () => Promise<Response>): Promise<Response> {
  const { ownWrites } = c.get("services");
  const { result, token } = await ownWrites.run({ isRead, token: c.req.header(BOOKMARK_HEADER), work });
  if (token !== undefined) result.headers.set(BOOKMARK_HEADER, token);
  return result;
}
