/** Something that happens at a simulated time, in ms. */
interface Event {
  at: number;
  order: number;
  run: () => void;
}

/**
 * The clock of a simulation. Events run in the order of their times, and of scheduling where these
 * are equal.
 */
export interface EventQueue {
  now(): number;
  after(ms: number, run: () => void): void;
  /** Runs all events up to `until`. */
  runUntil(until: number): void;
  /** Runs the next event, if there is one up to `until`. Says whether there was. */
  runNext(until: number): boolean;
}

/** A clock at 0 without events, over a binary heap. */
export function createEventQueue(): EventQueue {
  const heap: Event[] = [];
  let time = 0;
  let order = 0;
  const before = (a: Event | undefined, b: Event | undefined) =>
    a !== undefined && (b === undefined || a.at < b.at || (a.at === b.at && a.order < b.order));

  function push(event: Event): void {
    let index = heap.push(event) - 1;
    while (index > 0) {
      const parent = (index - 1) >> 1;
      if (!before(event, heap[parent])) break;
      heap[index] = heap[parent] ?? event;
      index = parent;
    }
    heap[index] = event;
  }

  function pop(): Event | undefined {
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || first === last) return first;
    let index = 0;
    for (;;) {
      const left = 2 * index + 1;
      const child = before(heap[left + 1], heap[left]) ? left + 1 : left;
      const next = heap[child];
      if (next === undefined || !before(next, last)) break;
      heap[index] = next;
      index = child;
    }
    heap[index] = last;
    return first;
  }

  function runNext(until: number): boolean {
    const [first] = heap;
    if (first === undefined || first.at > until) return false;
    pop();
    time = first.at;
    first.run();
    return true;
  }

  return {
    now: () => time,
    after: (ms, run) => push({ at: time + Math.max(0, ms), order: (order += 1), run }),
    runUntil(until) {
      while (runNext(until));
    },
    runNext,
  };
}
