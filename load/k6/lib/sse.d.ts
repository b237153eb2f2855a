declare module "k6/x/sse" {
  /** One event of a stream. */
  interface SseEvent {
    id: string;
    name: string;
    data: string;
    /** Since the request was sent; only in this repository's build of k6. */
    elapsed_ms?: number;
  }
  interface SseClient {
    on(event: "open", handler: () => void): void;
    on(event: "event", handler: (event: SseEvent) => void): void;
    on(event: "error", handler: (error: { error(): string }) => void): void;
    close(): void;
  }
  interface SseParams {
    method?: string;
    headers?: Record<string, string>;
    body?: string;
    tags?: Record<string, string>;
    timeout?: string;
  }
  const sse: { open(url: string, params: SseParams, setup: (client: SseClient) => void): { status: number } };
  export default sse;
}
