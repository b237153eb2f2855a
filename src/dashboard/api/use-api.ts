import { keepPreviousData, useInfiniteQuery, useMutation, useQueries, useQuery } from "@tanstack/preact-query";
import type {
  ListItem,
  ListOperation,
  ListRequest,
  OperationArguments,
  OperationName,
  OperationResult,
} from "../../client/index.ts";
import { showToast } from "../ui/toasts.tsx";
import { api } from "./client.ts";
import { queryClient } from "./query-client.ts";

/** How an answer is kept up to date. */
export interface RefreshOptions<T = unknown> {
  /** Asked again after so many ms, while the page is seen; false: never, as a function may say. */
  everyMs?: number | ((data: T | undefined) => number | false) | undefined;
  /** False: not asked yet, because something is missing. */
  enabled?: boolean;
}

/**
 * The answer of an operation that reads: `useRead("GET /v1/budgets")`, with `data`, `error`,
 * `isPending` and `refetch`. The last answer stays while another is asked for.
 */
export function useRead<O extends OperationName>(
  operation: O,
  request?: OperationArguments<O>[0],
  { everyMs, enabled = true }: RefreshOptions<OperationResult<O>> = {},
) {
  return useQuery<OperationResult<O>>({
    ...queryOf(operation, request ?? {}, everyMs),
    placeholderData: keepPreviousData,
    enabled,
  });
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
    queryFn: async ({ pageParam, signal }) => api.list(operation, { ...request, signal }).page(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => (everyMs === undefined ? (next_cursor ?? undefined) : undefined),
    refetchOnWindowFocus: everyMs !== undefined,
    placeholderData: keepPreviousData,
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

/** What an action does when it is done. */
export interface ActionOptions<T> {
  /** The sentence that is shown when it is done; null for none. */
  done?: string | ((result: T) => string) | null;
  onDone?: (result: T) => void;
}

/**
 * Something that changes: `run(input)`, `isPending`, and the `error` of the last try. What other
 * pages have read is asked for again afterwards.
 */
export function useAction<I, T>(act: (input: I) => Promise<T>, { done = null, onDone }: ActionOptions<T> = {}) {
  const action = useMutation<T, Error, I>({
    mutationFn: act,
    onSuccess: (result) => {
      const sentence = typeof done === "function" ? done(result) : done;
      if (sentence !== null) showToast(sentence);
      void queryClient.invalidateQueries();
      onDone?.(result);
    },
  });
  return { run: action.mutate, isPending: action.isPending, error: action.error, reset: action.reset };
}
