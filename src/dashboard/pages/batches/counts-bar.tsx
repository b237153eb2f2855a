import { count, percent } from "../../ui/format.ts";
import { type Counts, countsText, endedOf, ITEM_STATES } from "./counts.ts";

/** The items of a batch by state, as a bar and a share. */
export function CountsBar({ counts }: { counts: Counts }) {
  return (
    <span class="counts" title={countsText(counts)}>
      <Bar counts={counts} />
      <span>
        {percent(counts.total === 0 ? null : endedOf(counts) / counts.total)}
        {counts.failed > 0 && <span class="bad">, {count(counts.failed)} failed</span>}
      </span>
    </span>
  );
}

/** The bar over a whole panel, with each count in words. */
export function CountsLegend({ counts }: { counts: Counts }) {
  return (
    <div class="stack">
      <Bar counts={counts} isLarge />
      <p class="counts-legend" role="status">
        {ITEM_STATES.map((state) => (
          <span key={state}>
            <i class={`swatch ${state}`} aria-hidden="true" />
            <b>{count(counts[state])}</b> {state}
          </span>
        ))}
        <span>
          <b>{count(counts.total)}</b> items
        </span>
      </p>
    </div>
  );
}

function Bar({ counts, isLarge = false }: { counts: Counts; isLarge?: boolean }) {
  return (
    <span class={`counts-bar ${isLarge ? "large" : ""}`} aria-hidden="true">
      {ITEM_STATES.map((state) => (
        <i key={state} class={state} style={{ width: `${(100 * counts[state]) / Math.max(1, counts.total)}%` }} />
      ))}
    </span>
  );
}
