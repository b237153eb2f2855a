import { connectInspector, listIsolates } from "../../bench/profile/inspector.ts";

/** Miniflare's name for the isolate of the runtime and its objects. */
const RUNTIME = "core:user:pbt-edge";
/** An isolate answers its inspector while it has requests. */
const POKE_MS = 200;

/** What is in use of the runtime's JavaScript heap after a collection of garbage, bytes. */
export async function collectHeap(url: string, inspectorUrl: string, name = RUNTIME): Promise<number> {
  const isolate = (await listIsolates(inspectorUrl)).find(({ id }) => id === name);
  if (!isolate) throw new Error(`the engine has no isolate ${name}`);
  const poke = async () => (await fetch(`${url}/health`)).text();
  const poking = setInterval(() => void poke().catch(() => undefined), POKE_MS);
  try {
    const inspector = await connectInspector(isolate.webSocketDebuggerUrl);
    try {
      await inspector.send("HeapProfiler.collectGarbage");
      return (await inspector.send<{ usedSize: number }>("Runtime.getHeapUsage")).usedSize;
    } finally {
      inspector.close();
    }
  } finally {
    clearInterval(poking);
  }
}
