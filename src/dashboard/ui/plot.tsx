import { useLocation } from "preact-iso";
import { useEffect, useRef, useState } from "preact/hooks";
import type uPlot from "uplot";
import type * as drawing from "./draw-plot.ts";
import { Skeleton } from "./page.tsx";
import type { PlotMark, PlotSeries } from "./plot-series.ts";

interface PlotProps {
  /** What the plot shows, in a sentence, for who cannot see it. */
  label: string;
  /** Unix ms. */
  times: readonly number[];
  series: readonly PlotSeries[];
  format: (value: number | null | undefined) => string;
  marks?: readonly PlotMark[];
  height?: number;
  /** Plots of the same key show the pointer at the same time. */
  sync?: string;
  /** The times are days of UTC. */
  isDays?: boolean;
}

type PlotLibrary = typeof drawing;

/**
 * Values over time. The library loads when the first plot is shown; the place has its height
 * before.
 */
export function Plot({ height = 180, ...props }: PlotProps) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | null>(null);
  const [library, setLibrary] = useState<PlotLibrary | null>(null);
  const [theme, setTheme] = useState(0);
  const { route } = useLocation();
  const shape = JSON.stringify([
    props.series.map(({ title, isFaint, color }) => [title, isFaint, color]),
    theme,
    height,
    props.isDays,
  ]);
  useEffect(() => {
    void import("./draw-plot.ts").then(setLibrary);
    const redraw = () => setTheme((n) => n + 1);
    const scheme = matchMedia("(prefers-color-scheme: dark)");
    addEventListener("pbt-theme", redraw);
    scheme.addEventListener("change", redraw);
    return () => {
      removeEventListener("pbt-theme", redraw);
      scheme.removeEventListener("change", redraw);
    };
  }, []);
  useEffect(() => {
    const element = place.current;
    if (!library || !element) return undefined;
    const drawn = library.drawPlot(element, { ...props, height, open: route });
    plot.current = drawn;
    const observer = new ResizeObserver(() => drawn.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      drawn.destroy();
      plot.current = null;
    };
  }, [library, shape]);
  useEffect(() => {
    if (library && plot.current) library.updatePlot(plot.current, props);
  }, [library, props.times, props.series, props.marks]);
  return (
    <figure class="plot">
      <div class="plot-place" ref={place} role="img" aria-label={props.label} style={{ height: `${height}px` }}>
        {!library && <Skeleton height={height} />}
      </div>
      <Legend {...props} />
    </figure>
  );
}

function Legend({ series, format }: Pick<PlotProps, "series" | "format">) {
  return (
    <figcaption class="legend">
      {series.map(({ title, values, isFaint, color }, index) => (
        <span key={title}>
          <i class={isFaint === true ? "faint" : ""} style={{ "--swatch": `var(--series-${color ?? index + 1})` }} />
          {title} <b>{format(values.findLast((value) => value !== null))}</b>
        </span>
      ))}
    </figcaption>
  );
}

/** A small line without axes. */
export function Sparkline({ values, label }: { values: readonly number[]; label: string }) {
  const [width, height] = [96, 24];
  const most = Math.max(...values, 0);
  const points = values.map((value, index) => {
    const x = values.length < 2 ? 0 : (index / (values.length - 1)) * width;
    const y = most === 0 ? height - 1 : height - 1 - (value / most) * (height - 2);
    return `${x.toFixed(1)},${y.toFixed(1)}`;
  });
  return (
    <svg
      class="sparkline"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={label}
    >
      <polyline points={points.join(" ")} />
    </svg>
  );
}
