import { boundsOf, type FrontPoint, frontOf, mergePlaces, placeIn } from "./front.ts";

interface FrontPlotProps {
  points: readonly FrontPoint[];
  cost: { title: string; format: (value: number) => string };
  worth: { title: string; format: (value: number) => string };
}

const WIDTH = 560;
const HEIGHT = 260;
const LEFT = 52;
const TOP = 22;
const RIGHT = 40;
/** Where the lower axis is. */
const FLOOR = HEIGHT - 34;

/** Cost and worth of each point, with the front that no point beats. */
export function FrontPlot({ points, cost, worth }: FrontPlotProps) {
  const places = mergePlaces(points);
  const front = frontOf(places);
  const [costs, worths] = [points.map((point) => point.cost), points.map((point) => point.worth)];
  const [costBounds, worthBounds] = [boundsOf(costs), boundsOf(worths)];
  const x = (value: number) => LEFT + placeIn(costBounds, value) * (WIDTH - LEFT - RIGHT);
  const y = (value: number) => FLOOR - placeIn(worthBounds, value) * (FLOOR - TOP);
  const said = points
    .map((point) => `${point.label}: ${worth.format(point.worth)} at ${cost.format(point.cost)}`)
    .join("; ");
  return (
    <figure class="front">
      <svg viewBox={`0 0 ${WIDTH} ${HEIGHT}`} role="img" aria-label={`${worth.title} by ${cost.title}. ${said}.`}>
        <line class="axis" x1={LEFT} y1={TOP} x2={LEFT} y2={FLOOR} />
        <line class="axis" x1={LEFT} y1={FLOOR} x2={WIDTH - RIGHT} y2={FLOOR} />
        <text class="tick" x={LEFT} y={12}>
          {worth.title}
        </text>
        <text class="tick" x={WIDTH - RIGHT} y={HEIGHT - 4} text-anchor="end">
          {cost.title}
        </text>
        {endsOf(worths).map((value) => (
          <text key={value} class="tick" x={LEFT - 6} y={y(value) + 4} text-anchor="end">
            {worth.format(value)}
          </text>
        ))}
        {endsOf(costs).map((value) => (
          <text key={value} class="tick" x={x(value)} y={FLOOR + 15} text-anchor="middle">
            {cost.format(value)}
          </text>
        ))}
        <polyline class="line" points={front.map((point) => `${x(point.cost)},${y(point.worth)}`).join(" ")} />
        {places.map((point) => (
          <g key={point.label}>
            <circle class={front.includes(point) ? "on-front" : ""} cx={x(point.cost)} cy={y(point.worth)} r={5} />
            <text x={x(point.cost) + 9} y={y(point.worth) - 7}>
              {point.label}
            </text>
          </g>
        ))}
      </svg>
      <figcaption class="hint">
        On the front are {front.map(({ label }) => label).join(", ")}: no other is better and costs no more.
      </figcaption>
    </figure>
  );
}

/** The least and the most of values, once where they are one. */
function endsOf(values: readonly number[]): number[] {
  return [...new Set([Math.min(...values), Math.max(...values)])];
}
