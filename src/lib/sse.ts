const encoder = new TextEncoder();

/**
 * One server-sent event with a JSON payload, as UTF-8 bytes (WHATWG HTML, "server-sent events").
 */
export function sseEvent(event: string, data: unknown): Uint8Array {
  return encoder.encode(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
}
