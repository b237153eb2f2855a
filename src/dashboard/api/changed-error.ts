/** Somebody else was faster: what the page shows is old, and nothing was done. */
export class ChangedError extends Error {
  override name = "ChangedError";
}
