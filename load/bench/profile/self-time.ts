/** A CPU profile as the inspector gives it (Chrome DevTools Protocol, Profiler.Profile). Times in microseconds. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  samples: number[];
  timeDeltas: number[];
  startTime: number;
  endTime: number;
}

/** Where a function is in the bundle; lines and columns from 0. Engine frames have no url and a name in brackets. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}

/** The time in which a function itself was on top of the stack. */
export interface SelfTime {
  frame: CallFrame;
  us: number;
}

/** A profile's time by who had it. The three parts add up to the whole. */
export interface SelfTimes {
  /** Functions and the garbage collector, the longest first. */
  frames: SelfTime[];
  busyUs: number;
  /** `(program)`: the engine's own code outside JavaScript, waiting included. */
  programUs: number;
  idleUs: number;
}

/** Adds up self times. A sample lasts until the next one; a function that recurs in a stack counts once, for it is on top once. */
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
