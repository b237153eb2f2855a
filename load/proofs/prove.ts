/**
 * `npm run prove -- NAME [flags]`: checks one of the runtime's promises under load or faults, with
 * exit code 1 where it is broken. Without a name it lists them all. load/README.md says how each
 * proof judges.
 */
import { runCommand } from "../harness/program.ts";
import { PROOFS } from "./proofs.ts";

process.exitCode = await runCommand("prove", PROOFS, process.argv.slice(2));
