/** One page of a list. */
export interface ListPage<T> {
  data: T[];
  /** Names the next page; null on the last. */
  next_cursor: string | null;
}

/**
 * A list that is read page by page as it is gone through: `for await (const key of keys.list())`.
 * Nothing is asked before.
 */
export class List<T> implements AsyncIterable<T> {
  readonly #readPage: (cursor: string | undefined) => Promise<ListPage<T>>;

  constructor(readPage: (cursor: string | undefined) => Promise<ListPage<T>>) {
    this.#readPage = readPage;
  }

  /** One page: the first, or the one that a cursor names. */
  async page(cursor?: string): Promise<ListPage<T>> {
    return this.#readPage(cursor);
  }

  /** Every page from the first, or from the one that a cursor names. */
  async *pages(cursor?: string): AsyncGenerator<ListPage<T>> {
    for (let next = cursor; ;) {
      const page = await this.#readPage(next);
      yield page;
      if (page.next_cursor === null) return;
      next = page.next_cursor;
    }
  }

  /** Everything in one array. */
  async all(): Promise<T[]> {
    const items: T[] = [];
    for await (const item of this) items.push(item);
    return items;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T> {
    for await (const { data } of this.pages()) yield* data;
  }
}
