import { api } from "../../api/client.ts";
import type { AddedTest } from "./execution-detail.ts";
import { withTest } from "./with-test.ts";

/**
 * Publishes the newest version of a prompt with one more test. The rest of the file stays as it is.
 * A 412 says that somebody published meanwhile.
 */
export async function addTestTo(name: string, test: AddedTest) {
  const { version } = await api.prompts.get(name, { label: "latest" });
  const file = await api.prompts.file(name, { version });
  return api.prompts.publish(name, withTest(file, test), { ifVersion: version });
}
