/** A process of `npm run sim` that simulates the worlds that it is sent, one after the other. */
import { runJob, type WorldJob } from "./world-jobs.ts";

process.on("message", (job: WorldJob) => {
  runJob(job).then(
    (finished) => process.send?.({ finished }),
    (error: unknown) =>
      process.send?.({ error: error instanceof Error ? (error.stack ?? error.message) : String(error) }),
  );
});

// Without the process that asked, nobody wants the answer.
process.on("disconnect", () => process.exit());
