import { type RangeName, RANGES, rangeOf } from "./time-range-of.ts";
import { serverTime } from "../api/server-clock.ts";
import { useUrlState } from "./url-state.ts";

/** The range that the address names (`?range=7d`), with the buttons that choose it. */
export function useTimeRange(fallback: RangeName = "24h") {
  const [name, setName] = useUrlState("range", fallback);
  const range = rangeOf(name, serverTime(Date.now()));
  const picker = (
    <div class="segmented" role="group" aria-label="Time range">
      {Object.keys(RANGES).map((each) => (
        <button key={each} type="button" aria-pressed={each === range.name} onClick={() => setName(each)}>
          {each}
        </button>
      ))}
    </div>
  );
  return { range, picker };
}
