/** Portkey's program as a Worker: the application that it would serve on Node. */
import { NotOnNode, served } from "./portkey-node.js";

await import("@portkey-ai/gateway").catch((error) => {
  if (!(error instanceof NotOnNode)) throw error;
});

export default { fetch: served };
