import { describe, expect, it } from "vitest";
import { createRandom } from "../../../load/proofs/gate-sim/random.ts";
import { answerThrottle } from "../../../src/domain/gate/authority/throttle-bucket.ts";
import { BranchThrottle } from "../../../src/domain/gate/branch/branch-throttle.ts";
import { ThrottleClient } from "../../../src/domain/gate/client/throttle-client.ts";

const LIMITS = { rate_per_s: 100, burst: 200 };
const START = 1_000_000;

/** A bucket, and branches whose messages to it take no time. */
function newThrottles(count: number) {
  let fullAt = START;
  const branches = Array.from({ length: count }, () => new BranchThrottle());
  const carry = (branch: BranchThrottle, now: number) => {
    const question = branch.question(now);
    if (!question) return;
    const answered = answerThrottle(fullAt, LIMITS, question, now);
    fullAt = answered.fullAt;
    branch.receive(question, answered.answer, now);
  };
  return { branches, carry };
}

describe("the branches of a throttle", () => {
  it("grant no more together than the burst and the rate allow", () => {
    const random = createRandom(7);
    const { branches, carry } = newThrottles(4);
    let granted = 0;
    for (let now = START; now < START + 20_000; now += 20) {
      for (const branch of branches) {
        branch.ask({ spent: 0, unspent: 0, waiting: Math.floor(random.between(0, 6)), ahead: 3 }, now);
        carry(branch, now);
        granted += branch.takeAnswers().reduce((sum, [, answer]) => sum + answer.granted, 0);
      }
    }
    expect(granted).toBeLessThanOrEqual(LIMITS.burst + LIMITS.rate_per_s * 20);
    expect(granted).toBeGreaterThan(0.9 * LIMITS.rate_per_s * 20);
  });

  it("answer out of what they hold without a question to the root", () => {
    const { branches, carry } = newThrottles(1);
    const [branch] = branches;
    if (!branch) throw new Error("no branch");
    for (let index = 0; index < 10; index += 1) branch.ask({ spent: 0, unspent: 0, waiting: 1, ahead: 5 }, START);
    carry(branch, START);
    branch.takeAnswers();
    branch.ask({ spent: 0, unspent: 0, waiting: 1, ahead: 0 }, START + 10);
    expect(branch.takeAnswers()).toHaveLength(1);
  });

  it("tell the root what answered isolates spent on credit, once more where the question was lost", () => {
    const branch = new BranchThrottle();
    // The branch has what this isolate asks for, so that it is answered and does not tell again.
    branch.ask({ spent: 9, unspent: 4, waiting: 1, ahead: 0 }, START);
    expect(branch.takeAnswers()).toHaveLength(1);
    branch.ask({ spent: 2, unspent: 0, waiting: 8, ahead: 0 }, START);
    const lost = branch.question(START);
    if (!lost) throw new Error("no question");
    expect(lost.spent).toBe(11);
    expect(branch.lose(lost)).toHaveLength(1);
    branch.ask({ spent: 2, unspent: 0, waiting: 8, ahead: 0 }, START + 5);
    expect(branch.question(START + 5)?.spent).toBe(11);
  });

  it("tell it once more where the root let the question go unanswered, and its isolates tell it again", () => {
    const branch = new BranchThrottle();
    branch.ask({ spent: 9, unspent: 0, waiting: 1, ahead: 0 }, START);
    expect(branch.question(START)?.spent).toBe(9);
    branch.ask({ spent: 10, unspent: 0, waiting: 1, ahead: 0 }, START + 1_001);
    expect(branch.question(START + 1_001)?.spent).toBe(10);
  });

  it("count what was spent on credit once, however long the root is away", () => {
    const branch = new BranchThrottle();
    const isolate = new ThrottleClient(LIMITS);
    let [passed, told] = [0, 0];
    for (let now = START; now < START + 60_000; now += 100) {
      isolate.loseOverdue(now);
      if (isolate.spend(now) === "passed" && passed < 20) passed += 1;
      if (!isolate.isDue(now)) continue;
      const asked = isolate.question(0, now);
      branch.ask(asked, now);
      const question = branch.question(now);
      if (!question) continue;
      told = question.spent;
      branch.lose(question);
      isolate.lose(asked, now);
    }
    expect(told).toBeGreaterThan(0);
    expect(told).toBeLessThanOrEqual(passed);
  });

  it("lend on what an isolate gave back", () => {
    const branch = new BranchThrottle();
    branch.ask({ spent: 0, unspent: 4, waiting: 3, ahead: 0 }, START);
    expect(branch.takeAnswers()).toMatchObject([[expect.any(String), { granted: 3, wait_ms: 0 }]]);
  });

  it("refuse nobody within the limit whose question came while another one was at the root", () => {
    const { branches, carry } = newThrottles(1);
    const [branch] = branches;
    if (!branch) throw new Error("no branch");
    branch.ask({ spent: 0, unspent: 0, waiting: 1, ahead: 0 }, START);
    const question = branch.question(START);
    if (!question) throw new Error("no question");
    branch.ask({ spent: 0, unspent: 0, waiting: 2, ahead: 0 }, START + 10);
    branch.receive(question, { granted: 1, remaining: 199, wait_ms: 0 }, START + 80);
    expect(branch.takeAnswers()).toMatchObject([["t1", { granted: 1, wait_ms: 0 }]]);
    carry(branch, START + 80);
    expect(branch.takeAnswers()).toMatchObject([["t2", { granted: 2, wait_ms: 0 }]]);
  });

  it("refuse all that wait at once where the bucket is empty", () => {
    const branch = new BranchThrottle();
    branch.ask({ spent: 0, unspent: 0, waiting: 1, ahead: 0 }, START);
    const question = branch.question(START);
    if (!question) throw new Error("no question");
    branch.ask({ spent: 0, unspent: 0, waiting: 1, ahead: 0 }, START + 10);
    branch.receive(question, { granted: 0, remaining: 0, wait_ms: 500 }, START + 80);
    expect(branch.takeAnswers().map(([, { wait_ms }]) => wait_ms)).toEqual([500, 500]);
  });

  it("ask the root where all that they hold has expired", () => {
    const { branches, carry } = newThrottles(1);
    const [branch] = branches;
    if (!branch) throw new Error("no branch");
    branch.ask({ spent: 0, unspent: 0, waiting: 1, ahead: 50 }, START);
    carry(branch, START);
    branch.takeAnswers();
    branch.ask({ spent: 0, unspent: 50, waiting: 0, ahead: 0 }, START + 100);
    branch.takeAnswers();
    branch.ask({ spent: 0, unspent: 0, waiting: 1, ahead: 0 }, START + 5_000);
    expect(branch.takeAnswers()).toEqual([]);
    carry(branch, START + 5_000);
    expect(branch.takeAnswers()).toMatchObject([[expect.any(String), { granted: 1, wait_ms: 0 }]]);
  });
});
