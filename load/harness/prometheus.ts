import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { installProgram } from "./install-program.ts";

const run = promisify(execFile);

/** The programs of Prometheus on this machine. */
export interface PrometheusPrograms {
  prometheus: string;
  promtool: string;
}

/** This machine has no Prometheus, and no Debian packages to take one from. */
export class PrometheusMissing extends Error {}

/** Unpacked into the cache folder, so that nothing of the machine changes. */
const UNPACK = [
  "cd DIR",
  "(apt-get download prometheus || (apt-get update && apt-get download prometheus))",
  "dpkg-deb -x prometheus_*.deb .",
  "rm prometheus_*.deb",
].join(" && ");

/**
 * Finds Prometheus on the PATH, or takes it from Debian's package. Throws {@link PrometheusMissing}
 * where there is neither.
 */
export async function findPrometheus(): Promise<PrometheusPrograms> {
  const onPath = { prometheus: "prometheus", promtool: "promtool" };
  if (await runs(onPath)) return onPath;
  try {
    const directory = await installProgram("prometheus", "debian", [{ command: "sh", args: ["-c", UNPACK] }]);
    const bin = join(directory, "usr/bin");
    return { prometheus: join(bin, "prometheus"), promtool: join(bin, "promtool") };
  } catch (error) {
    throw new PrometheusMissing("Prometheus is not on the PATH, and there is no Debian package of it", {
      cause: error,
    });
  }
}

async function runs(programs: PrometheusPrograms): Promise<boolean> {
  const versions = Object.values(programs).map(async (program: string) => run(program, ["--version"]));
  return Promise.all(versions).then(
    () => true,
    () => false,
  );
}
