/**
 * Stands for the packages with which Portkey's program serves on Node: `@hono/node-server` and
 * `@hono/node-ws`. Portkey's own Worker has neither.
 */

/** Ends the program where it would listen. The rest of it only draws on a terminal. */
export class NotOnNode extends Error {}

/** The handler of requests that the program would serve; absent until it calls {@link serve}. */
export let served;

/** Keeps the handler instead of listening. */
export function serve({ fetch }) {
  served = fetch;
  throw new NotOnNode();
}

/** Serves no WebSockets: in a Worker, the program has a route of its own for them before this one. */
export function createNodeWebSocket() {
  return { injectWebSocket: () => {}, upgradeWebSocket: () => (context) => context.notFound() };
}
