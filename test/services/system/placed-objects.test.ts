import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { placedObjects } from "../../../src/deps/placed-objects.ts";
import { newId } from "../../../src/domain/id.ts";
import { IsolatePlace, tenantPrefix } from "../../../src/domain/object-names.ts";

/** The namespaces of the Worker's bindings, as the generated types name them. */
const NAMESPACES = [...readFileSync("src/env.d.ts", "utf8").matchAll(/(\w+): DurableObjectNamespace</g)].flatMap(
  ([, name]) => name ?? [],
);

/** Namespaces that record which objects were asked for, and where. */
function recordingEnv() {
  const asked: string[] = [];
  const namespaceIn = (part: string): object => ({
    getByName: (name: string) => void asked.push(`${part} ${name}`),
    jurisdiction: (jurisdiction: string) => namespaceIn(`${part} ${jurisdiction}`),
  });
  const env = Object.fromEntries(NAMESPACES.map((name) => [name, namespaceIn(name)]));
  return { asked, env: env as unknown as Env };
}

describe("the Durable Objects that services get", () => {
  it.each(NAMESPACES)("are those of the EU for its tenants, and others for all others: %s", (namespace) => {
    const { asked, env } = recordingEnv();
    const objects = Reflect.get(placedObjects(env, new IsolatePlace(0)), namespace) as Env["LEDGER"];
    const [inside, outside] = [newId(tenantPrefix("eu"), 1_000), newId(tenantPrefix(), 1_000)];
    for (const name of [`${inside}/openai/enam-1`, inside, outside, `${outside}/${inside}`]) objects.getByName(name);
    expect(asked).toEqual([
      `${namespace} eu ${inside}/openai/enam-1`,
      `${namespace} eu ${inside}`,
      `${namespace} ${outside}`,
      `${namespace} ${outside}/${inside}`,
    ]);
  });

  it("are of all the namespaces that the Worker has", () => {
    expect(NAMESPACES.length).toBeGreaterThanOrEqual(8);
  });
});
