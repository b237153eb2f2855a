import { percent } from "./format.ts";
import "../styles/measures.css";

interface IntervalBarProps {
  /** Shares of 1. */
  value: number | null;
  interval: readonly number[] | null;
}

/** A share with its interval, drawn on a line from 0 to 1 and said beside it. */
export function IntervalBar({ value, interval }: IntervalBarProps) {
  const [low, high] = interval ?? [];
  const isKnown = value !== null && low !== undefined && high !== undefined;
  return (
    <span class="interval">
      <b>{percent(value)}</b>
      <span class="interval-bar" aria-hidden="true">
        {isKnown && <i class="range" style={{ left: `${100 * low}%`, width: `${100 * (high - low)}%` }} />}
        {isKnown && <i class="point" style={{ left: `${100 * value}%` }} />}
      </span>
      {isKnown && (
        <span class="muted interval-text">
          {percent(low)} to {percent(high)}
        </span>
      )}
    </span>
  );
}
