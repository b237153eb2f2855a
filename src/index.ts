import { createApp } from "./app.ts";
import { handleQueue } from "./queue.ts";

const app = createApp();

export default {
  fetch: app.fetch,
  queue: handleQueue,
} satisfies ExportedHandler<Env, import("./domain/execution.ts").Execution>;
