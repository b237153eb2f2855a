/** Something that has a price and a worth. */
export interface FrontPoint {
  label: string;
  /** The less the better. */
  cost: number;
  /** The more the better. */
  worth: number;
}

/** The Pareto front: the points that no other is as cheap and as good as, and better in one. */
export function frontOf<T extends FrontPoint>(points: readonly T[]): T[] {
  const isBeaten = (point: T) =>
    points.some(
      (other) =>
        other.cost <= point.cost &&
        other.worth >= point.worth &&
        (other.cost < point.cost || other.worth > point.worth),
    );
  return points.filter((point) => !isBeaten(point)).toSorted((a, b) => a.cost - b.cost || a.worth - b.worth);
}

/** Points at one place as one, with their labels together. */
export function mergePlaces(points: readonly FrontPoint[]): FrontPoint[] {
  const places = Map.groupBy(points, ({ cost, worth }) => `${cost} ${worth}`);
  return [...places.values()].flatMap((same) => {
    const [first] = same;
    return first ? [{ ...first, label: same.map(({ label }) => label).join(", ") }] : [];
  });
}

/** The bounds of an axis around values, which are never of no length. */
export function boundsOf(values: readonly number[]): { low: number; high: number } {
  const [least, most] = [Math.min(...values), Math.max(...values)];
  const margin = most === least ? Math.abs(most) / 2 || 1 : (most - least) * 0.15;
  return { low: least >= 0 ? Math.max(0, least - margin) : least - margin, high: most + margin };
}

/** Where a value lies between bounds: 0 to 1. */
export function placeIn({ low, high }: { low: number; high: number }, value: number): number {
  return (value - low) / (high - low);
}
