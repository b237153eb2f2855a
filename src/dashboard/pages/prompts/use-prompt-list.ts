import { keepPreviousData, useInfiniteQuery } from "@tanstack/preact-query";
import type { OperationQuery } from "../../../client/index.ts";
import { api } from "../../api/client.ts";
import { entriesOf } from "./folders.ts";

const PAGE_SIZE = 100;

/** The prompts and folders of a query by name, read page by page. */
export function usePromptList(asked: NonNullable<OperationQuery<"GET /v1/prompts">>) {
  const query = { ...asked, limit: PAGE_SIZE };
  const pages = useInfiniteQuery({
    queryKey: ["GET /v1/prompts", { query }, "entries"],
    queryFn: async ({ pageParam: cursor, signal }) =>
      api.request("GET /v1/prompts", { query: { ...query, cursor }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next_cursor }) => next_cursor ?? undefined,
    refetchOnWindowFocus: false,
    placeholderData: keepPreviousData,
  });
  return {
    items: pages.data?.pages.flatMap(entriesOf) ?? [],
    error: pages.error,
    isPending: pages.isPending,
    hasMore: pages.hasNextPage,
    loadMore: () => void pages.fetchNextPage(),
    refetch: () => void pages.refetch(),
  };
}
