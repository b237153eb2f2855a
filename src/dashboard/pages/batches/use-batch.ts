import { useEffect } from "preact/hooks";
import type { BatchReply } from "../../../client/batches.ts";
import { api } from "../../api/client.ts";
import { followToEnd } from "../../api/follow-events.ts";
import { queryClient } from "../../api/query-client.ts";
import { useRead } from "../../api/use-api.ts";
import { isOpen } from "./counts.ts";

/** A batch, which is followed by its events until its end. */
export function useBatch(id: string) {
  const read = useRead("GET /v1/batches/{id}", { path: { id } });
  const isFollowed = read.data !== undefined && isOpen(read.data);
  useEffect(() => {
    if (!isFollowed) return undefined;
    const leave = new AbortController();
    const { signal } = leave;
    const name = ["GET /v1/batches/{id}", { path: { id } }];
    const open = async () => api.response("GET /v1/batches/{id}/events", { path: { id }, signal });
    void followToEnd(open, signal, ({ value }) => {
      queryClient.setQueryData<BatchReply>(name, (batch) => batch && { ...batch, ...(value as Partial<BatchReply>) });
    });
    return () => leave.abort();
  }, [id, isFollowed]);
  return read;
}
