/** A page of a list on one shard, of the rows that are not another shard's. */
export interface OwnRows<R> {
  /** Up to `limit + 1` rows after one of them, or from the start of the page. */
  read: (after: R | undefined) => Promise<R[]>;
  limit: number;
  isHere: (row: R) => boolean;
}

/** The first `limit + 1` rows that are the shard's own, in the order in which they are read. */
export async function readOwnRows<R>({ read, limit, isHere }: OwnRows<R>): Promise<R[]> {
  const own: R[] = [];
  for (let last: R | undefined; ;) {
    const rows = await read(last);
    own.push(...rows.filter(isHere));
    if (rows.length <= limit || own.length > limit) return own.slice(0, limit + 1);
    last = rows.at(-1);
  }
}
