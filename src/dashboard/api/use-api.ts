import { useInfiniteQuery, useMutation, useQueries, useQuery } from "@tanstack/preact-query";
import type {
  ListItem,
  ListOperation,
  ListRequest,
  OperationArguments,
  OperationName,
  OperationResult,
} from "../../client/index.ts";
import { useEffect, useMemo, useRef } from "preact/hooks";
import { ConflictError } from "../../client/errors.ts";
import { showToast } from "../ui/toasts.tsx";
import { ChangedError } from "./changed-error.ts";
import { api } from "./client.ts";
import { ActionIntent } from "./action-intent.ts";
import { withNewest } from "./live-list.ts";
import { queryClient } from "./query-client.ts";
import { readAgain } from "./read-again.ts";

/** How an answer is kept up to date. */
export interface RefreshOptions<T = unknown> {
  /** Asked again after so many ms, while the page is seen; false: never, as a function may say. */
  everyMs?: number | ((data: T | undefined) => number | false) | undefined;
  /** False: not asked yet, because something is missing. */
  enabled?: boolean;
}

/**
 * The answer of an operation that reads: `useRead("GET /v1/budgets")`, with `data`, `error`,
 * `isPending` and `refetch`. The last answer stays while another part of the same is asked for.
 */
export function useRead<O extends OperationName>(
  operation: O,
  request?: OperationArguments<O>[0],
  { everyMs, enabled = true }: RefreshOptions<OperationResult<O>> = {},
) {
  return useQuery<OperationResult<O>>({
    ...queryOf(operation, request ?? {}, everyMs),
    placeholderData: keptFor(request),
    enabled,
  });
}

/**
 * The last answer stays where another part or filter of the same is asked for. Of another prompt,
 * run or batch it would be taken for that one's.
 */
function keptFor(request: object = {}) {
  const path = pathOf(request);
  return <T>(last: T | undefined, query: { queryKey: readonly unknown[] } | undefined): T | undefined =>
    query && pathOf(query.queryKey[1]) === path ? last : undefined;
}

function pathOf(request: unknown): string | undefined {
  return JSON.stringify((request as { path?: object } | undefined)?.path);
}

/** How the answer to one request is asked for, and under which key it is kept. */
function queryOf<O extends OperationName>(
  operation: O,
  request: object,
  everyMs: RefreshOptions<OperationResult<O>>["everyMs"],
) {
  return {
    queryKey: [operation, request],
    queryFn: async ({ signal }: { signal: AbortSignal }): Promise<OperationResult<O>> =>
      api.request(operation, ...([{ ...request, signal }] as OperationArguments<O>)),
    refetchInterval: ({ state }: { state: { data: OperationResult<O> | undefined } }) =>
      typeof everyMs === "function" ? everyMs(state.data) : (everyMs ?? false),
  };
}

/** The answers of one operation to several requests, in their order. */
export function useReads<O extends OperationName>(
  operation: O,
  requests: readonly NonNullable<OperationArguments<O>[0]>[],
  { everyMs }: Pick<RefreshOptions<OperationResult<O>>, "everyMs"> = {},
) {
  return useQueries({
    queries: requests.map((request) => queryOf(operation, request, everyMs)),
  });
}

/**
 * A list that is read page by page: `items` so far, `loadMore` for the next page where `hasMore`.
 * With `everyMs` it is the newest page alone, again and again: asking again asks for every page
 * that was loaded, one after another.
 */
export function useList<O extends ListOperation>(
  operation: O,
  request: ListRequest<O> = {},
  { everyMs, enabled = true }: { everyMs?: number; enabled?: boolean } = {},
) {
  const pages = useInfiniteQuery({
    queryKey: [operation, request, everyMs === undefined ? "pages" : "newest"],
    queryFn: async ({ pageParam, signal }) => filledPage(api.list(operation, { ...request, signal }).pages(pageParam)),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => (everyMs === undefined ? (next_cursor ?? undefined) : undefined),
    refetchOnWindowFocus: everyMs !== undefined,
    placeholderData: keptFor(request),
    enabled,
    ...(everyMs === undefined ? {} : { refetchInterval: everyMs }),
  });
  const items: ListItem<O>[] = pages.data?.pages.flatMap(({ data }) => data) ?? [];
  return {
    items,
    error: pages.error,
    isPending: pages.isPending,
    hasMore: pages.hasNextPage,
    isLoadingMore: pages.isFetchingNextPage,
    loadMore: () => void pages.fetchNextPage(),
    refetch: () => void pages.refetch(),
  };
}

/** The first page with an item: a filter that matches little may find none on a page. */
async function filledPage<P extends { data: readonly unknown[]; next_cursor: string | null }>(
  pages: AsyncIterable<P>,
): Promise<P> {
  for await (const page of pages) if (page.data.length > 0 || page.next_cursor === null) return page;
  throw new RangeError("a list without a last page");
}

/** How a {@link useLiveList} is read. */
interface LiveListOptions {
  /** How often its newest page is asked for again, ms. */
  everyMs: number;
  /** How many items a page has. */
  limit: number;
}

/**
 * A list, newest first, that goes on while it is looked at: its newest page is asked for again and
 * again, older ones as they are scrolled to. Give the component a key of what it filters by, or
 * items of two filters are mixed.
 */
export function useLiveList<O extends ListOperation>(
  operation: ListItem<O> extends { id: string } ? O : never,
  request: ListRequest<O>,
  { everyMs, limit }: LiveListOptions,
) {
  const query = { ...("query" in request ? (request.query as object) : {}), limit };
  const asked = { ...request, query } as ListRequest<O>;
  const pages = useList<O>(operation, asked);
  const newest = useList<O>(operation, asked, { everyMs, enabled: !pages.isPending });
  const isKnown = !newest.isPending && !newest.error;
  const items = isKnown
    ? (withNewest(pages.items as Listed[], newest.items as Listed[], limit) as ListItem<O>[])
    : pages.items;
  return { ...pages, items, error: newest.error ?? pages.error };
}

type Listed = { id: string };

/** What an action does when it is done. */
export interface ActionOptions<T> {
  /** The sentence that is shown when it is done; null for none. */
  done?: string | ((result: T) => string) | null;
  /** Called where the page or the dialog of the action is still open. */
  onDone?: (result: T) => void;
}

/**
 * Something that changes: `run(input)`, `isPending`, and the `error` of the last try. The same
 * asked for again at once is done once. What other pages have read is asked for again afterwards.
 * `act` may be given an `Idempotency-Key` by `keyOf(request)`.
 */
export function useAction<I, T>(
  act: (input: I, keyOf: (request: unknown) => string) => Promise<T>,
  { done = null, onDone }: ActionOptions<T> = {},
) {
  const isOpen = useIsOpen();
  const intent = useMemo(() => new ActionIntent(), []);
  // The library takes new functions after the next paint, and Enter may be faster than that.
  const latest = useRef({ act, done, onDone });
  latest.current = { act, done, onDone };
  const action = useMutation<T, Error, I>({
    mutationFn: async (input) =>
      intent.follow(
        input,
        latest.current.act(input, (request) => intent.keyOf(request)),
      ),
    onSuccess: (result) => {
      const { done: said, onDone: then } = latest.current;
      const sentence = typeof said === "function" ? said(result) : said;
      if (sentence !== null) showToast(sentence);
      void readAgain(queryClient);
      if (isOpen.current) then?.(result);
    },
    onError: (error) => {
      // Somebody else was faster, so what is shown is old.
      if (error instanceof ConflictError || error instanceof ChangedError) void readAgain(queryClient);
    },
  });
  const run = (input: I) => {
    if (intent.begin(input, Date.now())) action.mutate(input);
  };
  return { run: run as typeof action.mutate, isPending: action.isPending, error: action.error, reset: action.reset };
}

/** Whether a component is still on the page. */
function useIsOpen(): { readonly current: boolean } {
  const isOpen = useRef(true);
  useEffect(
    () => () => {
      isOpen.current = false;
    },
    [],
  );
  return isOpen;
}
