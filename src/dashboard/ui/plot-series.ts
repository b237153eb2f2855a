/** A line of a plot. */
export interface PlotSeries {
  title: string;
  values: readonly (number | null)[];
  /** Dashed and pale: the period before, a bound. */
  isFaint?: boolean;
  /** One of the eight colours of the theme, from 1; by its place where left out. */
  color?: number;
  /** Filled down to the axis. */
  isArea?: boolean;
}

/** A time that is marked: an anomaly, a deploy. */
export interface PlotMark {
  from: number;
  /** Null: not over. */
  to: number | null;
  title: string;
  tone: "warn" | "bad";
  /** Where a click on it leads. */
  href?: string;
}
