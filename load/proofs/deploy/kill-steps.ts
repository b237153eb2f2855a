import assert from "node:assert/strict";
import { checkWhole, type DeployWorld, type Steps, succeed } from "./world.ts";

/** A chain of kills: each run goes on where the last one was killed, after its next change. */
export function killSteps(everyChange: boolean): Steps {
  return {
    async "provisioning that is killed goes on, and creates nothing twice"(world) {
      await untilDone(world, "provision", everyChange);
      checkWhole(world);
    },
    async "deploying that is killed goes on"(world) {
      await untilDone(world, "deploy", everyChange);
      const state = world.account.state();
      assert.deepEqual(await succeed(world, "provision"), []);
      assert.deepEqual(await succeed(world, "deploy"), ["deploy pbt-edge"]);
      assert.deepEqual(world.account.state(), state);
    },
  };
}

/** Runs a command until it is not killed any more. */
async function untilDone({ account, checkout }: DeployWorld, command: string, everyChange: boolean): Promise<void> {
  const killedAt = new Set<string>();
  account.onChange = (change) => {
    const [verb = "", noun = ""] = change.split(" ");
    // Two of a kind: after the first thing of its kind, and with some there already.
    const place = everyChange ? change : `${verb} ${noun.replace(/-\d.*/, "")}`;
    if (killedAt.has(place)) return;
    killedAt.add(place);
    checkout.kill();
  };
  try {
    for (;;) {
      const before = killedAt.size;
      const { code, output } = await checkout.run(command);
      if (code === 0 && killedAt.size === before) break;
      assert.ok(killedAt.size > before, `${command} failed by itself:\n${output}`);
    }
  } finally {
    account.onChange = () => undefined;
  }
  console.log(`  killed ${killedAt.size} times: after ${[...killedAt].join("; ")}`);
}
