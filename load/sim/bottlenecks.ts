import type { ScaleFigures } from "./simulate-scale.ts";

/** A part of the deployment, and how much of what it can do is asked of it: 1 is all. */
export interface PartLoad {
  name: string;
  detail: string;
  used: number;
}

/** Messages that a queue takes a second (developers.cloudflare.com/queues/platform/limits/). */
const QUEUE_PER_S = 5_000;

/** How busy each part is, the busiest first: the hottest object of each class, and what all share. */
export function partLoads({ plan, objects, shards, isolate_load, lines }: ScaleFigures): PartLoad[] {
  const ms = plan.seconds * 1_000;
  const ofClasses = Map.groupBy(objects, ({ className }) => className);
  const hottest = [...ofClasses].flatMap(([name, some]) => {
    const loads = some
      .filter(({ className }) => className !== "D1")
      .map((each) => ({ each, used: (each.requests * (each.busy_ms / Math.max(1, each.served))) / ms }));
    const [first] = loads.toSorted((a, b) => b.used - a.used);
    if (!first) return [];
    const detail = `${first.each.name}, ${(first.each.requests / plan.seconds).toFixed(0)} simulated requests/s`;
    return [{ name, used: first.used, detail }];
  });
  const [shard] = shards.toSorted((a, b) => b.busy_ms - a.busy_ms);
  const messages = lines.filter(({ item }) => item === "queue operations").reduce((sum, { amount }) => sum + amount, 0);
  const queued = messages / 3 / plan.seconds;
  return [
    ...hottest,
    ...(shard ? [{ name: "D1 shard", detail: shard.name, used: shard.busy_ms / ms }] : []),
    { name: "usage queue", detail: `${queued.toFixed(1)} messages/s`, used: queued / QUEUE_PER_S },
    { name: "isolates", detail: "CPU of their threads", used: isolate_load },
  ].toSorted((a, b) => b.used - a.used);
}
