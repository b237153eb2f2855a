/** A provider's reply, as it is told to the client. `body` is JSON. */
export function forwarded({ status, body }: { status: number; body: string }): Response {
  return new Response(body, { status, headers: { "content-type": "application/json" } });
}
