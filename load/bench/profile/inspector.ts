/** A connection to one isolate's inspector (Chrome DevTools Protocol over WebSocket). */
export interface Inspector {
  /**
   * Sends a command and resolves with its result. Rejects with the engine's error or after 20 s.
   */
  send<T>(method: string, params?: object): Promise<T>;
  close(): void;
}

/** An isolate as the engine lists it. */
export interface Isolate {
  id: string;
  webSocketDebuggerUrl: string;
}

const TIMEOUT_MS = 20_000;

interface InspectorMessage {
  id?: number;
  result?: unknown;
  error?: { message: string };
}

/** Lists the isolates behind an inspector's address, `ws://host:port/`. */
export async function listIsolates(inspectorUrl: string): Promise<Isolate[]> {
  const response = await fetch(new URL("/json", inspectorUrl.replace(/^ws:/, "http:")).href);
  return (await response.json()) as Isolate[];
}

/** Connects to an isolate. Rejects where the engine refuses. */
export async function connectInspector(url: string): Promise<Inspector> {
  const socket = new WebSocket(url);
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener("open", () => resolve());
    socket.addEventListener("error", () => reject(new Error(`the inspector at ${url} refused`)));
  });
  const pending = new Map<number, (message: InspectorMessage) => void>();
  socket.addEventListener("message", ({ data }) => {
    const message = JSON.parse(String(data)) as InspectorMessage;
    if (message.id !== undefined) pending.get(message.id)?.(message);
  });
  let lastId = 0;
  return {
    send: <T>(method: string, params: object = {}) => {
      const id = ++lastId;
      return new Promise<T>((resolve, reject) => {
        const timer = setTimeout(() => reject(new Error(`${method}: no answer in ${TIMEOUT_MS} ms`)), TIMEOUT_MS);
        pending.set(id, ({ result, error }) => {
          clearTimeout(timer);
          pending.delete(id);
          if (error) reject(new Error(`${method}: ${error.message}`));
          else resolve(result as T);
        });
        socket.send(JSON.stringify({ id, method, params }));
      });
    },
    close: () => socket.close(),
  };
}
