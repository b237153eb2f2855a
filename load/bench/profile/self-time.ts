/** A CPU profile of the inspector (Chrome DevTools Protocol, Profiler.Profile). Times in µs. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  samples: number[];
  timeDeltas: number[];
  startTime: number;
  endTime: number;
}

/**
 * The place of a function in the bundle; lines and columns count from 0. The engine's own frames
 * have no url and a name in brackets.
 */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}

/** The time in which a function was on top of the stack. */
export interface SelfTime {
  frame: CallFrame;
  us: number;
}

/** The time of a profile in three parts (busy, program, idle) that add up to the whole. */
export interface SelfTimes {
  /** Functions and the garbage collector, the longest first. */
  frames: SelfTime[];
  busyUs: number;
  /** `(program)`: the engine's code outside JavaScript, including its waits. */
  programUs: number;
  idleUs: number;
}

/** Adds up the samples by the function on top of the stack. A sample lasts until the next one. */
export function selfTimes(profile: CpuProfile): SelfTimes {
  const frameOf = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const byFrame = new Map<string, SelfTime>();
  const times: SelfTimes = { frames: [], busyUs: 0, programUs: 0, idleUs: 0 };
  const sampled = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0);
  profile.samples.forEach((id, at) => {
    const us = profile.timeDeltas[at + 1] ?? Math.max(0, profile.endTime - profile.startTime - sampled);
    const frame = frameOf.get(id);
    if (!frame || frame.functionName === "(idle)") times.idleUs += us;
    else if (frame.functionName === "(program)" || frame.functionName === "(root)") times.programUs += us;
    else {
      const key = `${frame.functionName} ${frame.url}:${frame.lineNumber}:${frame.columnNumber}`;
      const self = byFrame.get(key) ?? { frame, us: 0 };
      self.us += us;
      byFrame.set(key, self);
      times.busyUs += us;
    }
  });
  times.frames = [...byFrame.values()].toSorted((a, b) => b.us - a.us);
  return times;
}
