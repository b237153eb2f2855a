/* Draws the charts from the page's data with uPlot. The report inlines it; a browser runs it. */
/* global document, matchMedia, location, getComputedStyle, uPlot */
(() => {
  const charts = JSON.parse(document.getElementById("charts").textContent);
  const style = getComputedStyle(document.documentElement);
  const color = (name) => style.getPropertyValue(name).trim();
  const axis = { stroke: color("--ink"), grid: { stroke: color("--line") }, ticks: { stroke: color("--line") } };
  // All figures come first, because the width of the grid's columns depends on their number.
  const figures = charts.map((chart) => {
    const figure = document.createElement("figure");
    const caption = document.createElement("figcaption");
    caption.textContent = chart.title;
    figure.append(caption);
    document.getElementById("plots").append(figure);
    return figure;
  });
  charts.forEach((chart, at) => {
    const figure = figures[at];
    const lines = chart.lines.map(({ label, dashed }, at) => ({
      label,
      stroke: color(`--line-${at % 4}`),
      width: 2,
      dash: dashed ? [6, 5] : undefined,
      points: { show: chart.x_log, size: 7 },
      value: (_, value) => (value === null ? "–" : `${value.toPrecision(4)} ${chart.unit}`),
    }));
    const options = {
      width: Math.min(540, figure.clientWidth || 540),
      height: 240,
      scales: { x: { time: false, ...(chart.x_log ? { distr: 3 } : {}) } },
      axes: [
        {
          ...axis,
          label: chart.x_label,
          ...(chart.x_log ? { splits: () => chart.x, filter: (_, at) => at, values: (_, at) => at.map(String) } : {}),
        },
        { ...axis, label: chart.unit, size: 64 },
      ],
      series: [{ label: chart.x_label }, ...lines],
    };
    figure.append(new uPlot(options, [chart.x, ...chart.lines.map(({ values }) => values)]).root);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => location.reload());
})();
