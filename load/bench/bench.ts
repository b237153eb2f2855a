/**
 * `npm run bench -- NAME [flags]`: runs a benchmark. Without a name it lists them all.
 * load/README.md says how their numbers are made.
 */
import { runCommand } from "../harness/program.ts";
import { BENCHES } from "./benches.ts";

process.exitCode = await runCommand("bench", BENCHES, process.argv.slice(2));
