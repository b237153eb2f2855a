import type { SiteLoad } from "./object-site.ts";
import { DATABASES } from "./databases.ts";
import type { ScaleFigures } from "./simulate-scale.ts";
import type { RecordFigures } from "./simulate-records.ts";

/** A part of the deployment, and how much of what it can do is asked of it: 1 is all. */
export interface PartLoad {
  name: string;
  detail: string;
  used: number;
}

/** Messages that a queue takes a second (developers.cloudflare.com/queues/platform/limits/). */
const QUEUE_PER_S = 5_000;

/**
 * How busy each part is, the busiest first: the hottest object of each class, and what all share.
 * Databases are left out where only a part of the requests is simulated.
 */
export function partLoads({ plan, objects, isolate_load, lines }: ScaleFigures): PartLoad[] {
  const messages = lines.filter(({ item }) => item === "queue operations").reduce((sum, { amount }) => sum + amount, 0);
  const queued = messages / 3 / plan.seconds;
  const isDatabase = ({ className }: SiteLoad) => DATABASES.some((name) => name === className);
  return [
    ...hottest(
      objects.filter((each) => !isDatabase(each)),
      plan.seconds,
    ),
    { name: "usage queue", detail: `${queued.toFixed(1)} messages/s`, used: queued / QUEUE_PER_S },
    { name: "isolates", detail: "CPU of their threads", used: isolate_load },
  ].toSorted((a, b) => b.used - a.used);
}

/** How busy the busiest primary and the busiest replica are. */
export function databaseLoads({ plan, loads }: RecordFigures): PartLoad[] {
  return hottest(loads, plan.seconds).toSorted((a, b) => b.used - a.used);
}

/** The hottest of each class. A request that was refused needs as much as one that was not. */
function hottest(loads: readonly SiteLoad[], seconds: number): PartLoad[] {
  return [...Map.groupBy(loads, ({ className }) => className)].flatMap(([name, some]) => {
    const [first] = some
      .map((each) => ({ each, used: (each.requests * (each.busy_ms / Math.max(1, each.served))) / (1_000 * seconds) }))
      .toSorted((a, b) => b.used - a.used);
    if (!first) return [];
    const detail = `${first.each.name}, ${(first.each.requests / seconds).toFixed(0)} simulated requests/s`;
    return [{ name, used: first.used, detail }];
  });
}
