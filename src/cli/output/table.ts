import { stripVTControlCharacters } from "node:util";

/** A column: its title, and whether it holds numbers, which stand at the right. */
export interface TableColumn {
  title: string;
  isNumber?: boolean;
}

/** The lines of a table whose columns are as wide as their widest cell. */
export function tableLines(
  columns: readonly TableColumn[],
  rows: readonly (readonly string[])[],
  titleStyle: (text: string) => string,
): string[] {
  const widths = columns.map(({ title }, at) => Math.max(title.length, ...rows.map((row) => widthOf(row[at] ?? ""))));
  const lineOf = (cells: readonly string[]) =>
    cells
      .map((cell, at) => {
        const space = " ".repeat(Math.max(0, (widths[at] ?? 0) - widthOf(cell)));
        return columns[at]?.isNumber ? space + cell : cell + space;
      })
      .join("  ")
      .trimEnd();
  return [titleStyle(lineOf(columns.map(({ title }) => title))), ...rows.map(lineOf)];
}

/** How many characters a terminal shows of a text. */
export function widthOf(text: string): number {
  return Array.from(stripVTControlCharacters(text)).length;
}
