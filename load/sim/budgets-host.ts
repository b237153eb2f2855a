import {
  BUDGET_TIMES,
  BudgetAuthority,
  type BudgetChanges,
  type BudgetTimes,
  type StoredBudgets,
} from "../../src/domain/budgets/authority/budget-authority.ts";
import type { LoanAccount } from "../../src/domain/budgets/authority/loan-account.ts";
import type { StoredTally } from "../../src/domain/budgets/authority/tally.ts";
import type { Budget } from "../../src/domain/budgets/budget.ts";
import type {
  BudgetsBranchObject,
  BudgetsObject,
  LoanQuestion,
} from "../../src/domain/budgets/protocol/loan-messages.ts";
import { BudgetsBranch, TOGETHER_EVERY_MS } from "../../src/durable-objects/budgets-branch.ts";
import type { BranchShape } from "./branch-host.ts";
import { type Ground, type ObjectShare, ObjectSite } from "./object-site.ts";
import type { Place } from "./places.ts";

/** The object of a tenant's budgets: the authority itself, with its stored rows. */
export class BudgetsHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #shape: BudgetsShape;
  readonly #tallies = new Map<string, StoredTally>();
  readonly #loans = new Map<string, LoanAccount>();
  #authority: BudgetAuthority;

  constructor(ground: Ground, name: string, place: Place, shape: BudgetsShape) {
    this.#ground = ground;
    this.#shape = shape;
    this.site = new ObjectSite(ground, { className: "TenantBudgets", name }, place, shape);
    this.#authority = this.#start();
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#authority = this.#start();
  }

  stub(from: Place): Pick<BudgetsObject, "ask"> {
    const { clock } = this.#ground;
    return {
      ask: async (question) =>
        this.site.call(from, () => {
          const reply = this.#authority.ask(structuredClone(question), clock.now());
          // With branches the object is as busy as their requests make it, and this one is of an isolate.
          const times = 1 / (this.#shape.part * this.#shape.slowness);
          return { reply, rows: this.#store(this.#authority.takeChanges()), times };
        }),
    };
  }

  /**
   * As a branch calls it. One of its requests stands for `times` of them, of whose questions some
   * write.
   */
  branchStub(from: Place, times: number) {
    const { clock, times: needed } = this.#ground;
    const { part } = this.#shape;
    const { question_ms } = BUDGET_TIMES;
    return {
      askTogether: async (questions: readonly LoanQuestion[]) =>
        this.site.call(from, () => {
          const reply = this.#authority.askTogether(structuredClone(questions), clock.now());
          const rows = this.#store(this.#authority.takeChanges());
          const ms = needed.object_request + needed.object_write + (question_ms * questions.length) / part / times;
          return { reply, rows, times, ms };
        }),
    };
  }

  #start(): BudgetAuthority {
    const stored: StoredBudgets = {
      budgets: this.#shape.budgets,
      tallies: [...this.#tallies.values()],
      loans: [...this.#loans.values()],
    };
    return new BudgetAuthority(
      structuredClone(stored),
      this.#ground.clock.now(),
      timesOf(this.#shape, this.#shape.part),
    );
  }

  #store({ loans, ended, tallies }: BudgetChanges): number {
    for (const loan of loans) this.#loans.set(loan.id, structuredClone(loan));
    for (const id of ended) this.#loans.delete(id);
    for (const tally of tallies) this.#tallies.set(`${tally.scope} ${tally.window}`, structuredClone(tally));
    const rows = loans.length + ended.length + tallies.length;
    this.site.noteRows(rows);
    return rows;
  }
}

/** A tenant's budgets. */
export interface BudgetsShape extends ObjectShare {
  budgets: readonly Budget[];
  /** The part of its isolates that is simulated. */
  part: number;
}

/** A branch of a tenant's budgets: the object's own code in its queue. */
export class BudgetsBranchHost {
  readonly site: ObjectSite;
  readonly #ground: Ground;
  readonly #root: (from: Place) => BudgetsHost;
  readonly #part: number;
  #branch: BudgetsBranch;
  #askedAt = 0;
  #answeredAt = 0;

  constructor(ground: Ground, { name, root, share }: BranchShape<BudgetsHost>, place: Place) {
    this.#ground = ground;
    this.#askedAt = this.#answeredAt = ground.clock.now();
    this.#root = root;
    this.#part = 1 / share.slowness;
    this.site = new ObjectSite(ground, { className: "TenantBudgets branch", name }, place, share);
    this.#branch = this.#start(share);
  }

  evict(awayMs?: number): void {
    this.site.evict(awayMs);
    this.#branch = this.#start({ slowness: 1 / this.#part, weight: 1 });
  }

  stub(from: Place): BudgetsBranchObject {
    return {
      branchAsk: async (question) =>
        this.site.call(
          from,
          async () => ({ reply: await this.#branch.ask(structuredClone(question)), rows: 0 }),
          false,
        ),
    };
  }

  /**
   * The whole of its isolates have more questions than the part that is simulated. With them it would
   * have asked as often as it may since its last request.
   */
  #requestsOf(questions: number): number {
    const most = Math.max(TOGETHER_EVERY_MS, this.#answeredAt - this.#askedAt);
    const since = this.#ground.clock.now() - (this.#askedAt + most);
    return Math.max(1, Math.min(Math.ceil(questions), 1 + Math.floor(since / most)));
  }

  #start(share: ObjectShare): BudgetsBranch {
    const { clock } = this.#ground;
    return new BudgetsBranch({
      root: () => ({
        askTogether: async (questions) => {
          const times = this.#requestsOf(questions.length / this.#part);
          this.#askedAt = clock.now();
          const root = this.#root(this.site.place).branchStub(this.site.place, times);
          const answers = await root.askTogether(questions);
          this.#answeredAt = clock.now();
          return answers;
        },
      }),
      now: () => clock.now(),
      sleep: async (ms) => clock.sleep(ms),
      times: timesOf(share, this.#part),
    });
  }
}

/** A part of its isolates keeps an object as busy as all of them do. */
function timesOf({ slowness }: ObjectShare, part: number): BudgetTimes {
  const { request_ms, write_ms, question_ms } = BUDGET_TIMES;
  return { request_ms: slowness * request_ms, write_ms: slowness * write_ms, question_ms: question_ms / part };
}
