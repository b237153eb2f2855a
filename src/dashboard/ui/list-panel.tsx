import type { ComponentChildren } from "preact";
import { ErrorBox } from "./error-box.tsx";
import { Panel } from "./page.tsx";
import { Table, type TableProps } from "./table.tsx";

/** What `useList` and `useLiveList` read so far. */
export interface ReadList<T> {
  items: readonly T[];
  error: Error | null;
  isPending: boolean;
  hasMore: boolean;
  loadMore: () => void;
  refetch: () => void;
}

interface ListPanelProps<T> extends Omit<TableProps<T>, keyof ReadList<T>> {
  list: ReadList<T>;
  title?: ComponentChildren;
  aside?: ComponentChildren;
}

/** A list of the API as a table in a panel of its own, below the fault of reading it. */
export function ListPanel<T>({ list, title, aside, empty, ...table }: ListPanelProps<T>) {
  const { items, error, isPending, hasMore, loadMore, refetch } = list;
  return (
    <>
      <ErrorBox error={error} retry={refetch} />
      <Panel class="flush" title={title} aside={aside}>
        <Table {...table} {...{ items, isPending, hasMore, loadMore }} empty={error ? null : empty} />
      </Panel>
    </>
  );
}
