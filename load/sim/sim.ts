/** `npm run sim -- NAME`: runs a simulation by name, or lists them. */
import { type ProgramList, runCommand } from "../harness/program.ts";

const PROGRAMS: ProgramList = {
  scale: {
    summary: "the deployment at 1, 10 and 100 times the source's load, and its first bottleneck",
    flags: "--seed N (1)  --scales LIST (1,10,100)  --worlds LIST (records,root,branches,compared,day,faults)",
    load: async () => import("./scale.ts"),
  },
  failover: {
    summary: "a data centre is gone for some minutes, with its objects: limits, recovery, what tenants see",
    flags: "--seed N (1)  --minutes N (3)  --processes N (cores)",
    load: async () => import("./failover.ts"),
  },
  calibrate: {
    summary: "one place with one thread beside `npm run load` on this machine, with the error",
    flags: "--load FILE (dist/load/load.json)  --seed N (1)",
    load: async () => import("./calibrate.ts"),
  },
};

process.exitCode = await runCommand("sim", PROGRAMS, process.argv.slice(2));
