import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";
import type { PlotMark, PlotSeries } from "./plot-series.ts";
import { timeTick, wholeTime } from "./plot-times.ts";

/** What is drawn. Times are Unix ms. */
export interface DrawnPlot {
  times: readonly number[];
  series: readonly PlotSeries[];
  format: (value: number | null | undefined) => string;
  marks?: readonly PlotMark[];
  height: number;
  sync?: string;
  /** Opens what a mark leads to. */
  open?: (href: string) => void;
  /** The times are days, which are those of UTC wherever the reader is. */
  isDays?: boolean;
}

const marksOf = new WeakMap<uPlot, readonly PlotMark[]>();
const AXIS_PX = 64;
const FONT = "11px system-ui, sans-serif";

/** Draws a plot into an element. */
export function drawPlot(element: HTMLElement, plot: DrawnPlot): uPlot {
  const color = themeOf(element);
  const axis = {
    stroke: color("--muted"),
    font: FONT,
    grid: { stroke: color("--grid"), width: 1 },
    ticks: { show: false },
  };
  const drawn = new uPlot(
    {
      width: element.clientWidth,
      height: plot.height,
      ms: 1,
      ...(plot.isDays === true ? { tzDate: (at: number) => uPlot.tzDate(new Date(at), "Etc/UTC") } : {}),
      legend: { show: false },
      cursor: { y: false, ...(plot.sync === undefined ? {} : { sync: { key: plot.sync } }) },
      scales: { y: { range: (_, low, high) => [Math.min(0, low), high > 0 ? high * 1.05 : 1] } },
      axes: [
        { ...axis, values: (_, ticks, __, ___, stepMs) => ticks.map((at) => timeTick(at, stepMs, plot.isDays)) },
        { ...axis, size: AXIS_PX, values: (_, ticks) => ticks.map(plot.format) },
      ],
      series: [{}, ...plot.series.map((series, index) => lineOf(series, index, color))],
      hooks: { drawClear: [(self) => drawMarks(self, color)], ...tooltipHooks(element, plot) },
    },
    dataOf(plot),
    element,
  );
  marksOf.set(drawn, plot.marks ?? []);
  return drawn;
}

/** Shows other values in the same plot. */
export function updatePlot(drawn: uPlot, plot: Pick<DrawnPlot, "times" | "series" | "marks">): void {
  marksOf.set(drawn, plot.marks ?? []);
  drawn.setData(dataOf(plot));
}

function dataOf({ times, series }: Pick<DrawnPlot, "times" | "series">): uPlot.AlignedData {
  return [[...times], ...series.map(({ values }) => [...values])];
}

function themeOf(element: HTMLElement): (name: string) => string {
  const style = getComputedStyle(element);
  return (name) => style.getPropertyValue(name).trim();
}

function lineOf(series: PlotSeries, index: number, color: (name: string) => string): uPlot.Series {
  const stroke = color(`--series-${series.color ?? index + 1}`);
  return {
    label: series.title,
    stroke,
    width: series.isFaint === true ? 1 : 1.75,
    points: { show: false },
    ...(series.isFaint === true ? { dash: [4, 4] } : {}),
    ...(series.isArea === true ? { fill: `color-mix(in srgb, ${stroke} 18%, transparent)` } : {}),
  };
}

function drawMarks(plot: uPlot, color: (name: string) => string): void {
  const { ctx, bbox } = plot;
  for (const { from, to, tone } of marksOf.get(plot) ?? []) {
    const left = Math.max(bbox.left, plot.valToPos(from, "x", true));
    const right = Math.min(bbox.left + bbox.width, to === null ? Infinity : plot.valToPos(to, "x", true));
    if (right < bbox.left || left > bbox.left + bbox.width) continue;
    ctx.save();
    ctx.fillStyle = color(tone === "bad" ? "--mark-bad" : "--mark-warn");
    ctx.fillRect(left, bbox.top, Math.max(2, right - left), bbox.height);
    ctx.restore();
  }
}

/** Shows the values under the pointer beside it. */
function tooltipHooks(element: HTMLElement, { series, format, isDays, open }: DrawnPlot): uPlot.Hooks.Arrays {
  const tip = document.createElement("div");
  tip.className = "plot-tip";
  tip.hidden = true;
  return {
    ready: [
      (plot) => {
        plot.over.append(tip);
        plot.over.addEventListener("click", () => {
          const href = markUnder(plot)?.href;
          if (href !== undefined) open?.(href);
        });
      },
    ],
    setCursor: [
      (plot) => {
        const index = plot.cursor.idx ?? null;
        const left = plot.cursor.left ?? -1;
        tip.hidden = index === null || left < 0;
        plot.over.classList.toggle("leads-on", markUnder(plot)?.href !== undefined);
        if (index === null) return;
        const at = wholeTime(plot.data[0][index] ?? 0, isDays);
        const lines = series.map(({ title }, line) => `${title}: ${format(plot.data[line + 1]?.[index])}`);
        const marks = (marksOf.get(plot) ?? []).filter((mark) => isIn(mark, plot.data[0][index] ?? 0));
        tip.textContent = [at, ...lines, ...marks.map(({ title }) => title)].join("\n");
        tip.classList.toggle("is-left", left > element.clientWidth / 2);
        tip.style.left = `${left}px`;
      },
    ],
  };
}

/** The mark under the pointer. */
function markUnder(plot: uPlot): PlotMark | undefined {
  const { left } = plot.cursor;
  if (left === undefined || left < 0) return undefined;
  return (marksOf.get(plot) ?? []).find((mark) => isIn(mark, plot.posToVal(left, "x")));
}

function isIn({ from, to }: PlotMark, at: number): boolean {
  return at >= from && (to === null || at <= to);
}
