import { connectInspector, type Inspector, type Isolate, listIsolates } from "./inspector.ts";
import type { CpuProfile } from "./self-time.ts";

/** An isolate's profile, or the reason why there is none. */
export interface IsolateProfile {
  id: string;
  profile: CpuProfile | null;
  error: string | null;
}

const SAMPLING_US = 200;

/** Profiles every isolate of an engine during `work`. One that refuses has an error instead. */
export async function recordProfiles(inspectorUrl: string, work: () => Promise<void>): Promise<IsolateProfile[]> {
  const started = await Promise.all((await listIsolates(inspectorUrl)).map(start));
  await work();
  return Promise.all(started.map(stop));
}

interface Started {
  id: string;
  inspector: Inspector | null;
  error: string | null;
}

async function start({ id, webSocketDebuggerUrl }: Isolate): Promise<Started> {
  try {
    const inspector = await connectInspector(webSocketDebuggerUrl);
    await inspector.send("Profiler.enable");
    await inspector.send("Profiler.setSamplingInterval", { interval: SAMPLING_US });
    await inspector.send("Profiler.start");
    return { id, inspector, error: null };
  } catch (error) {
    return { id, inspector: null, error: String(error) };
  }
}

async function stop({ id, inspector, error }: Started): Promise<IsolateProfile> {
  if (!inspector) return { id, profile: null, error };
  try {
    const { profile } = await inspector.send<{ profile: CpuProfile }>("Profiler.stop");
    return { id, profile, error: null };
  } catch (error) {
    return { id, profile: null, error: String(error) };
  } finally {
    inspector.close();
  }
}
