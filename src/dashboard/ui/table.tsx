import {
  defaultRangeExtractor,
  elementScroll,
  observeElementOffset,
  observeElementRect,
  type Range,
  Virtualizer,
} from "@tanstack/virtual-core";
import type { ComponentChildren } from "preact";
import { useLocation } from "preact-iso";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Skeleton } from "./page.tsx";

/** A column of a table. */
export interface Column<T> {
  title: string;
  cell: (item: T) => ComponentChildren;
  /** Numbers stand at the right. */
  align?: "right";
  /** A CSS grid width: `8rem`, `minmax(10rem, 2fr)`. */
  width?: string;
  /** Left out on narrow screens. */
  wide?: boolean;
}

/** What a {@link Table} shows. */
export interface TableProps<T> {
  /** What the table shows, for screen readers. */
  label: string;
  columns: readonly Column<T>[];
  items: readonly T[];
  keyOf: (item: T) => string;
  /** Where a row leads. */
  hrefOf?: (item: T) => string;
  isPending?: boolean;
  /** Shown in place of rows where there are none. */
  empty: ComponentChildren;
  hasMore?: boolean;
  loadMore?: () => void;
  /** The height of the scrolled part, as CSS. */
  height?: string;
}

const ROW_PX = 38;
const OVERSCAN = 12;
/** The next page is asked for when so few rows are left below. */
const AHEAD = 20;
/** The head is row 1. */
const FIRST_ROW = 2;
const LOADING_PX = 6 * ROW_PX;

/**
 * A table of any length: only the rows that are seen are on the page. With `loadMore` it asks for
 * the next page of the list when its end comes near.
 */
export function Table<T>(props: TableProps<T>) {
  const {
    label,
    columns,
    items,
    keyOf,
    hrefOf,
    isPending = false,
    empty,
    height = "max(20rem, calc(100vh - 10.5rem))",
  } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualRows(scroller, items.length);
  const last = rows.items.at(-1)?.index ?? 0;
  const { hasMore = false, loadMore } = props;
  useEffect(() => {
    if (hasMore && last >= items.length - AHEAD) loadMore?.();
  }, [hasMore, last, items.length]);
  if (isPending) return <Skeleton height={LOADING_PX} />;
  if (items.length === 0) return <>{empty}</>;
  const template = columns.map(({ width = "minmax(5rem, 1fr)" }) => width).join(" ");
  const narrow = columns.filter(({ wide }) => wide !== true).map(({ width = "minmax(5rem, 1fr)" }) => width);
  return (
    <div
      ref={scroller}
      class="table"
      role="table"
      aria-label={label}
      aria-rowcount={hasMore ? -1 : items.length + 1}
      tabIndex={0}
      style={{ maxHeight: height, "--columns": template, "--narrow-columns": narrow.join(" ") }}
    >
      <div role="rowgroup" class="table-head">
        <div role="row" aria-rowindex={1} class="table-row">
          {columns.map(({ title, align, wide }) => (
            <div key={title} role="columnheader" class={cellClass(align, wide)}>
              {title}
            </div>
          ))}
        </div>
      </div>
      <div role="rowgroup" class="table-body" {...rows.body}>
        {rows.items.map(({ index, start }) => {
          const item = items[index];
          if (item === undefined) return null;
          return <Row key={keyOf(item)} {...{ columns, item, index, start }} href={hrefOf?.(item)} />;
        })}
      </div>
    </div>
  );
}

interface RowProps<T> {
  columns: readonly Column<T>[];
  item: T;
  index: number;
  start: number;
  href: string | undefined;
}

function Row<T>({ columns, item, index, start, href }: RowProps<T>) {
  const { route } = useLocation();
  const open = (event: MouseEvent) => {
    // Links and buttons inside of the row do what they say.
    if (href !== undefined && !(event.target as Element).closest("a, button, input, select")) route(href);
  };
  return (
    // The first cell's link is the way for the keyboard; the whole row is a larger target for a mouse.
    <div
      role="row"
      aria-rowindex={index + FIRST_ROW}
      class={`table-row ${href === undefined ? "" : "is-link"}`}
      style={{ transform: `translateY(${start}px)` }}
      onClick={open}
    >
      {columns.map(({ title, cell, align, wide }, place) => (
        <div key={title} role="cell" class={cellClass(align, wide)}>
          {place === 0 && href !== undefined ? <a href={href}>{cell(item)}</a> : cell(item)}
        </div>
      ))}
    </div>
  );
}

function cellClass(align: "right" | undefined, wide: boolean | undefined): string {
  return `${align === "right" ? "right" : ""} ${wide === true ? "wide-only" : ""}`.trim();
}

/** The rows that are seen, with their places, and the one that has the focus: it would lose it. */
function useVirtualRows(scroller: { current: HTMLDivElement | null }, count: number) {
  const [, render] = useState(0);
  const focused = useRef<number | null>(null);
  const options = {
    count,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    rangeExtractor: (range: Range) => withRow(defaultRangeExtractor(range), focused.current, count),
    scrollToFn: elementScroll,
    observeElementRect,
    observeElementOffset,
    initialRect: { width: 0, height: OVERSCAN * ROW_PX },
    onChange: () => render((n) => n + 1),
  };
  const [virtualizer] = useState(() => new Virtualizer<HTMLDivElement, Element>(options));
  virtualizer.setOptions(options);
  useLayoutEffect(() => virtualizer["_didMount"](), []);
  useLayoutEffect(() => virtualizer["_willUpdate"]());
  const body = {
    style: { height: `${virtualizer.getTotalSize()}px` },
    onFocusIn: ({ target }: FocusEvent) => {
      const row = (target as Element).closest("[aria-rowindex]")?.getAttribute("aria-rowindex");
      focused.current = row === null || row === undefined ? null : Number(row) - FIRST_ROW;
    },
    onFocusOut: () => {
      focused.current = null;
    },
  };
  return { items: virtualizer.getVirtualItems(), body };
}

/** The indexes of rows with one more, in their order, where there is such a row. */
function withRow(seen: number[], index: number | null, count: number): number[] {
  if (index === null || index >= count || seen.includes(index)) return seen;
  return [...seen, index].sort((a, b) => a - b);
}

interface PlainTableProps<T> {
  label: string;
  columns: readonly Column<T>[];
  items: readonly T[];
  keyOf: (item: T) => string;
}

/** A short table, as high as its rows. */
export function PlainTable<T>({ label, columns, items, keyOf }: PlainTableProps<T>) {
  return (
    <div class="table-scroll" tabIndex={0} role="region" aria-label={label}>
      <table class="plain-table">
        <thead>
          <tr>
            {columns.map(({ title, align, wide }) => (
              <th key={title} scope="col" class={cellClass(align, wide)}>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {items.map((item) => (
            <tr key={keyOf(item)}>
              {columns.map(({ title, cell, align, wide }) => (
                <td key={title} class={cellClass(align, wide)}>
                  {cell(item)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
