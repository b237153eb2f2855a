import { count } from "../../ui/format.ts";
import { Badge } from "../../ui/small.tsx";
import { type Column, PlainTable } from "../../ui/table.tsx";
import { excludesZero, letterOf, MEASURES, type Pair, signed, verdictText } from "./comparison.ts";

/** Each two subjects: the first less the second, with the interval of each difference. */
export function PairTable({ pairs }: { pairs: readonly Pair[] }) {
  const hasJudge = pairs.some(({ preference }) => preference !== null);
  const measures = MEASURES.filter(({ name }) => name !== "preference" || hasJudge);
  return (
    <>
      <PlainTable
        label="Pairs of subjects"
        items={pairs}
        keyOf={({ a, b }) => `${a} ${b}`}
        columns={[
          {
            title: "Pair",
            cell: ({ a, b }) => (
              <b class="nowrap">
                {letterOf(a)} − {letterOf(b)}
              </b>
            ),
          },
          {
            title: "Verdict",
            cell: (pair) => <Badge tone={pair.verdict === null ? "neutral" : "good"}>{verdictText(pair)}</Badge>,
          },
          {
            title: "Wins, losses, ties",
            align: "right",
            cell: ({ wins }) => <span class="nowrap">{winsText(wins)}</span>,
          },
          ...measures.map((measure): Column<Pair> => ({
            title: measure.title,
            align: "right",
            cell: (pair) => <Difference pair={pair} measure={measure} />,
          })),
        ]}
      />
      <p class="hint">
        Below each difference is its 95 % interval, bold and marked ≠ 0 where it leaves 0 out. The verdict goes by the
        preference, or without a judge by the score.
      </p>
    </>
  );
}

function winsText({ a, b, ties }: Pair["wins"]): string {
  return `${count(a)}, ${count(b)}, ${count(ties)}`;
}

function Difference({ pair, measure: { name, format } }: { pair: Pair; measure: (typeof MEASURES)[number] }) {
  const { difference = null, interval = null } = pair[name] ?? {};
  const [low, high] = interval ?? [];
  if (low === undefined || high === undefined) return <>{signed(difference, format)}</>;
  const text = `${signed(low, format)} to ${signed(high, format)}`;
  return (
    <span class="difference">
      <span>{signed(difference, format)}</span>
      {excludesZero(interval) ? <b>{text} ≠ 0</b> : <span class="muted">{text}</span>}
    </span>
  );
}
