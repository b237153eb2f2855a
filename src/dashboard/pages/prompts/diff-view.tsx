import { useMemo, useState } from "preact/hooks";
import { countChanges, type DiffBlock, type DiffRow, diffRows, foldRows, type SideLine } from "./diff-lines.ts";

interface DiffViewProps {
  before: string;
  after: string;
  /** What stands at the left and at the right. */
  titles: readonly [string, string];
}

/** Two texts side by side, with what is equal folded away. */
export function DiffView({ before, after, titles }: DiffViewProps) {
  const rows = useMemo(() => diffRows(before, after), [before, after]);
  const { added, removed } = countChanges(rows);
  if (added + removed === 0) return <p class="muted">The files are the same.</p>;
  return (
    <div class="stack">
      <p class="muted">
        <span class="good">+{added}</span> and <span class="bad">−{removed}</span> lines
      </p>
      <div class="diff" tabIndex={0} role="region" aria-label={`Difference of ${titles[0]} and ${titles[1]}`}>
        <table>
          <colgroup>
            <col class="diff-number" />
            <col />
            <col class="diff-number" />
            <col />
          </colgroup>
          <thead>
            <tr>
              <th scope="col" colSpan={2}>
                {titles[0]}
              </th>
              <th scope="col" colSpan={2}>
                {titles[1]}
              </th>
            </tr>
          </thead>
          {foldRows(rows).map((block, at) => (
            <Block key={at} block={block} />
          ))}
        </table>
      </div>
    </div>
  );
}

function Block({ block }: { block: DiffBlock }) {
  const [isOpen, setOpen] = useState(false);
  if (!block.folded || isOpen) {
    return (
      <tbody>
        {block.rows.map((row, at) => (
          <Row key={at} row={row} />
        ))}
      </tbody>
    );
  }
  return (
    <tbody>
      <tr class="diff-fold">
        <td colSpan={4}>
          <button type="button" class="link-button" onClick={() => setOpen(true)}>
            Show {block.lines} {block.isEqual ? "equal" : "further"} {block.lines === 1 ? "line" : "lines"}
          </button>
        </td>
      </tr>
    </tbody>
  );
}

function Row({ row: { kind, left, right } }: { row: DiffRow }) {
  return (
    <tr class={kind}>
      <Side line={left} mark={kind === "changed" ? "removed" : null} />
      <Side line={right} mark={kind === "changed" ? "added" : null} />
    </tr>
  );
}

function Side({ line, mark }: { line: SideLine | null; mark: "added" | "removed" | null }) {
  if (!line) return <td class="absent" colSpan={2} />;
  return (
    <>
      <td class="diff-number">{line.number}</td>
      <td class={`diff-text ${mark ?? ""}`}>
        {mark && <span class="sign">{mark === "added" ? "+" : "−"}</span>}
        {line.text}
      </td>
    </>
  );
}
