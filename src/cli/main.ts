#!/usr/bin/env node
/** `pbt-edge`: the command line of PBT Edge. */
import "./node-20.ts";
import { processIo } from "./io.ts";
import { runCli } from "./run.ts";

// `pbt-edge list | head` closes the pipe: that is no failure.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
});
// Where nobody reads what is said beside the result, the command goes on without it.
process.stderr.on("error", () => {});

process.exitCode = await runCli(process.argv.slice(2), processIo());
