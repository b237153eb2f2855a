import { describe, expect, it } from "vitest";
import { deletePrompt } from "../../src/services/prompts/delete-prompt.ts";
import { deleteLabel, setLabel } from "../../src/services/prompts/move-label.ts";
import { only, openPromotionWorld } from "../support/promotion-world.ts";

const MINUTE_MS = 60_000;

function promptWith(version: number, more = ""): string {
  const tests = `tests:\n  - {name: greets, inputs: {who: Ada}, expected: hi}\n${more}`;
  return `name: greet\nmodel: gpt-4o-mini\ndescription: v${version}\ntemplate: Hi {{ who }}.\n${tests}`;
}

/** A world whose label means version 1 of three, and is protected. */
async function openProtected(protection: Parameters<ReturnType<typeof openPromotionWorld>["protect"]>[0]) {
  const opened = openPromotionWorld();
  for (const version of [1, 2, 3]) await opened.publish(promptWith(version));
  await opened.move(only(1));
  await opened.protect(protection);
  const ask = async (version: number, key_id?: string) => {
    const asked = await opened.move(only(version), key_id);
    if (!asked) throw new Error("the label was moved at once");
    return asked;
  };
  const decide = (id: string, key_id: string) => ({ tenant_id: opened.world.tenant, id, key_id });
  const statusOf = async (id: string) => (await opened.read(id)).promotion.status;
  const approve = async (id: string, key_id: string) => opened.services.approvePromotion(decide(id, key_id));
  const cancel = async (id: string, key_id = "key_author") => opened.services.cancelPromotion(decide(id, key_id));
  const movedEvents = () => opened.world.events.filter(({ type }) => type === "label.moved");
  return { ...opened, ask, statusOf, approve, cancel, movedEvents };
}

describe("a promotion", () => {
  it("moves its label once the tests of the new version pass as often as with the served one", async () => {
    const { world, ask, read, meaning, history, movedEvents } = await openProtected({ tests: true });
    const { id, status, checks } = await ask(2);
    expect([status, checks]).toEqual(["pending", { tests: { status: "pending", detail: "not looked at yet" } }]);
    const { promotion } = await read(id);
    expect(promotion).toMatchObject({
      status: "promoted",
      checks: {
        tests: {
          status: "passed",
          detail:
            "Version 2 passed 100 % of 100 trials, version 1 100 % of 100 trials: 0 points, " +
            "with 95 % confidence above -2.3 points; above -10 points is enough.",
        },
      },
    });
    expect(await meaning()).toEqual(only(2));
    expect((await history())[0]).toEqual(["promotion", "key_author"]);
    expect(movedEvents().at(-1)?.data).toMatchObject({ split: only(2), from: only(1), promotion_id: id });
    expect(world.events.map(({ type }) => type)).toContain("promotion.pending");
    const [run, served] = [...world.runs.values()].map(({ request }) => request);
    expect([run?.prompt.version, served?.prompt.version, run?.key_id]).toEqual([2, 1, "key_author"]);
    expect(served?.tests).toEqual(run?.tests);
    expect(world.errors).toEqual([]);
  });

  it("is refused where they pass less often, and where there are none", async () => {
    const { world, ask, read, meaning, publish } = await openProtected({ tests: true });
    world.passes.set(2, 0.8);
    const worse = await read((await ask(2)).id);
    expect(worse.promotion).toMatchObject({ status: "failed", checks: { tests: { status: "failed" } } });
    expect(worse.promotion.checks.tests?.detail).toContain("-20 points, with 95 % confidence above");
    await publish("name: greet\nmodel: gpt-4o-mini\ntemplate: Hi.\n");
    const untested = await read((await ask(4)).id);
    expect(untested.promotion.checks.tests).toEqual({ status: "failed", detail: "Version 4 has no tests." });
    expect(await meaning()).toEqual(only(1));
  });

  it("is refused before its tests cost anything where calls of the last days would be", async () => {
    const { world, ask, read, publish } = await openProtected({ tests: true, compatible_variables: true });
    await publish(
      promptWith(4, "variables:\n  who: {type: string, required: true}\n  tone: {type: string, required: true}\n"),
    );
    world.calls.push({ who: "string", tone: "string" }, { who: "string" });
    const { promotion } = await read((await ask(4)).id);
    expect(promotion.checks.compatible_variables).toEqual({
      status: "failed",
      detail: "`tone`: 1 of 2 calls of the last days would be refused; 2 calls of the last days were looked at",
    });
    expect([promotion.status, promotion.checks.tests?.status, world.started]).toEqual(["failed", "pending", []]);
  });

  it("needs as many approvals as there are keys, none of them the asker's, each counted once", async () => {
    const { ask, approve, read, statusOf, meaning } = await openProtected({ approvals: 2 });
    const { id } = await ask(2);
    await expect(approve(id, "key_author")).rejects.toMatchObject({ status: 403 });
    await approve(id, "key_b");
    await approve(id, "key_b");
    expect([await statusOf(id), await meaning()]).toEqual(["pending", only(1)]);
    const approved = await approve(id, "key_c");
    expect(approved.promotion.status).toBe("promoted");
    expect((await read(id)).approvals.map(({ key_id }) => key_id)).toEqual(["key_b", "key_c"]);
    expect(await meaning()).toEqual(only(2));
    await expect(approve(id, "key_d")).rejects.toMatchObject({ status: 409 });
  });

  it("is the only one of its label: the same key gets it again, and another is told of it", async () => {
    const { ask, cancel, statusOf } = await openProtected({ approvals: 1 });
    const [one, two] = await Promise.allSettled([ask(2, "key_a"), ask(3, "key_b")]);
    const asked = [one, two].flatMap((each) => (each.status === "fulfilled" ? [each.value] : []));
    expect(asked).toHaveLength(1);
    const [first] = asked;
    expect([one, two].filter(({ status }) => status === "rejected")).toMatchObject([
      { reason: { status: 409, detail: `The promotion ${first?.id} of the label is pending. It can be cancelled.` } },
    ]);
    const again = await ask(first?.to_split[0]?.version ?? 0, first?.key_id);
    expect(again.id).toBe(first?.id);
    await cancel(again.id);
    expect(await statusOf(again.id)).toBe("cancelled");
    expect((await ask(3)).id).not.toBe(again.id);
  });

  it("is not asked for under rules that became stricter while they were read", async () => {
    const { deps, world, key, protect, move, meaning, services } = await openProtected({ compatible_variables: true });
    const find = deps.protections.find.bind(deps.protections);
    deps.protections.find = async (of) => {
      const known = await find(of);
      await protect({ compatible_variables: true, approvals: 2 });
      return known;
    };
    await expect(move(only(2))).rejects.toMatchObject({ status: 409, retryable: true });
    expect(await meaning()).toEqual(only(1));
    expect((await services.listPromotions(world.tenant, { limit: 10 })).data).toEqual([]);
    deps.protections.find = find;
    expect(await find(key)).toMatchObject({ approvals: 2 });
    expect(await move(only(2))).toMatchObject({ approvals: 2 });
  });

  it("either moves the label or is cancelled, where an approval and a cancellation come at once", async () => {
    const { ask, approve, cancel, statusOf, meaning, movedEvents } = await openProtected({ approvals: 1 });
    const { id } = await ask(2);
    await Promise.allSettled([approve(id, "key_b"), cancel(id), approve(id, "key_c")]);
    const status = await statusOf(id);
    expect(["promoted", "cancelled"]).toContain(status);
    expect(await meaning()).toEqual(only(status === "promoted" ? 2 : 1));
    expect(movedEvents()).toHaveLength(status === "promoted" ? 2 : 1);
  });

  it.each(["cancelled", "approved"] as const)("that is %s just before its label moves has one end", async (end) => {
    const { deps, world, ask, approve, cancel, statusOf, meaning, movedEvents } = await openProtected({ approvals: 1 });
    const { id } = await ask(2);
    const move = deps.promotions.promote.bind(deps.promotions);
    let isFirst = true;
    deps.promotions.promote = async (...given) => {
      if (isFirst) {
        isFirst = false;
        await (end === "cancelled" ? cancel(id) : approve(id, "key_c"));
      }
      return move(...given);
    };
    await approve(id, "key_b");
    const isMoved = end === "approved";
    expect([await statusOf(id), await meaning()]).toEqual([isMoved ? "promoted" : "cancelled", only(isMoved ? 2 : 1)]);
    expect([movedEvents().length, world.errors]).toEqual([isMoved ? 2 : 1, []]);
  });

  it("fails where its label was rolled back meanwhile, at once although it is protected", async () => {
    const { ask, approve, read, rollback, meaning } = await openProtected({ approvals: 1 });
    const first = await ask(2);
    await approve(first.id, "key_b");
    const { id } = await ask(3);
    await rollback();
    expect(await meaning()).toEqual(only(1));
    expect((await read(id)).promotion).toMatchObject({ status: "failed", detail: "The label was moved meanwhile." });
    await expect(approve(id, "key_b")).rejects.toMatchObject({ status: 409 });
  });

  it("ends with its prompt, which cannot be deleted before the protection is taken away", async () => {
    const { deps, world, ask, read, protect, publish } = await openProtected({ approvals: 1 });
    const remove = async () => deletePrompt(deps, world.tenant, "greet", "key_author");
    const { id } = await ask(2);
    await expect(remove()).rejects.toMatchObject({ status: 409 });
    await protect({ approvals: 0 });
    expect((await read(id)).promotion).toMatchObject({ status: "cancelled", ended_by: "key_owner" });
    await remove();
    await publish(promptWith(4));
    await protect({ approvals: 1 });
    await expect(ask(2)).rejects.toMatchObject({ errors: [{ message: "version 2 does not exist" }] });
  });

  it("cannot be passed by: a protected label is neither set nor deleted", async () => {
    const { deps, key } = await openProtected({ approvals: 1 });
    const request = { ...key, key_id: "key_author" };
    await expect(setLabel(deps, { ...request, split: only(2) })).rejects.toMatchObject({ status: 409 });
    await expect(deleteLabel(deps, request)).rejects.toMatchObject({ status: 409 });
  });

  it.each(["promotion.pending", "tests started", "label.moved"])(
    "whose worker dies at `%s` is taken up by the sweep: one move, each test run and each event once",
    async (step) => {
      const { world, services, ask, statusOf, meaning, movedEvents, history } = await openProtected({ tests: true });
      world.dieAt = step;
      const { id } = await ask(2);
      for (let minutes = 0; minutes < 4; minutes++) {
        world.now += MINUTE_MS;
        await services.sweepPromotions();
        await services.sweepMoves();
      }
      expect(world.dieAt).toBeUndefined();
      expect([await statusOf(id), await meaning()]).toEqual(["promoted", only(2)]);
      expect(new Set(world.started).size).toBe(2);
      expect(world.started).toHaveLength(2);
      expect((await history()).filter(([cause]) => cause === "promotion")).toHaveLength(1);
      expect(movedEvents()).toHaveLength(2);
      expect(world.raised.filter((raised) => raised === `promotion.pending/${id}`)).toHaveLength(1);
    },
  );

  it("waits for tests that run on, and stops them where it is cancelled", async () => {
    const { world, services, ask, cancel, statusOf } = await openProtected({ tests: true });
    world.testsEnd = false;
    const { id } = await ask(2);
    world.now += MINUTE_MS;
    await services.sweepPromotions();
    expect([await statusOf(id), world.started.length]).toEqual(["pending", 2]);
    await cancel(id);
    expect(world.cancelled.toSorted()).toEqual(world.started.toSorted());
  });
});
