import { createRandom } from "../../load/proofs/gate-sim/random.ts";
import { Life } from "../../load/proofs/world/life.ts";
import { WorldClock } from "../../load/proofs/world/world-clock.ts";
import {
  BUDGET_TIMES,
  BudgetAuthority,
  type BudgetTimes,
  type StoredBudgets,
} from "../../src/domain/budgets/authority/budget-authority.ts";
import type { LoanAccount } from "../../src/domain/budgets/authority/loan-account.ts";
import type { StoredTally } from "../../src/domain/budgets/authority/tally.ts";
import type { Budget, BudgetAlert, BudgetState } from "../../src/domain/budgets/budget.ts";
import { BUDGET_WINDOWS, windowStart } from "../../src/domain/budgets/budget-window.ts";
import type { LoanAnswer, LoanQuestion } from "../../src/domain/budgets/protocol/loan-messages.ts";
import { BudgetsBranch } from "../../src/durable-objects/budgets-branch.ts";
import { createReserveMoney, type ReserveMoney } from "../../src/services/budgets/reserve-money.ts";

/** What goes wrong, as probabilities of each message; delays in ms. */
export interface BudgetFaults {
  lost: number;
  doubled: number;
  refused: number;
  slowest: number;
}

/** One isolate, which can crash. */
interface Isolate {
  life: Life;
  reserve: ReserveMoney;
  /** The newest loan of each set of scopes. */
  loans: Map<string, string>;
}

/** An object's branch, which can be evicted. */
interface Branch {
  life: Life;
  of: BudgetsBranch;
}

const BRANCHES = 3;

/**
 * The isolates' and the authority's real code in one simulated world. After every message it checks
 * that what was really paid is covered by what the authority counts, and that the authority lends
 * nothing beyond a limit.
 */
export class BudgetWorld {
  readonly clock = new WorldClock();
  readonly random;
  readonly asked: LoanQuestion[] = [];
  readonly alerts: BudgetAlert[] = [];
  /** What was paid in all, or may still be, and by how many calls. */
  paidInAll = 0;
  calls = 0;
  /** Requests of branches. */
  batches = 0;
  readonly #faults: BudgetFaults;
  readonly #isolates: Isolate[];
  readonly #throughBranch: number;
  readonly #times: BudgetTimes;
  readonly #branches: Branch[];
  readonly #stored = {
    budgets: new Map<string, Budget>(),
    tallies: new Map<string, StoredTally>(),
    loans: new Map<string, LoanAccount>(),
  };
  /** The day of each loan. */
  readonly #days = new Map<string, number>();
  /** The same by window, scope and start of the window. */
  readonly #paid = new Map<string, number>();
  /** What the authority last counted, by the same names. */
  readonly #counted = new Map<string, number>();
  #authority: BudgetAuthority;
  #ids = 0;

  /** `times` are those of the object. A question takes the way through a branch with the probability `throughBranch`. */
  constructor(
    seed: number,
    budgets: Budget[],
    { isolates = 1, faults = NO_FAULTS, throughBranch = 0, times = BUDGET_TIMES } = {},
  ) {
    this.random = createRandom(seed);
    this.#faults = faults;
    this.#throughBranch = throughBranch;
    this.#times = times;
    this.#branches = Array.from({ length: BRANCHES }, () => this.#newBranch());
    for (const budget of budgets) this.#stored.budgets.set(budget.scope, budget);
    this.#authority = this.#restarted();
    this.#isolates = Array.from({ length: isolates }, () => this.#newIsolate());
  }

  /** The object loses its memory. */
  restart(): void {
    this.#authority = this.#restarted();
    this.#counted.clear();
  }

  /** An isolate ends with all that it holds. Its calls go on at the provider, and are paid. */
  crash(index: number): void {
    this.#isolates[index]?.life.end();
    this.#isolates[index] = this.#newIsolate();
  }

  /** A branch ends with all questions that wait in it. */
  endBranch(): void {
    const index = Math.floor(this.random.unit() * BRANCHES);
    this.#branches[index]?.life.end();
    this.#branches[index] = this.#newBranch();
  }

  setBudget(budget: Budget): void {
    this.#stored.budgets.set(budget.scope, budget);
    this.#authority.change(budget.scope, budget);
  }

  states(): BudgetState[] {
    return this.#authority.states(this.clock.now());
  }

  /** Makes a call in an isolate. Resolves to what became of it; never, where the isolate crashes. */
  async call(
    index: number,
    { scopes, amount, cost, ms, patience_ms = 0 }: CallPlan,
  ): Promise<"paid" | "budget_exceeded" | "provider_overloaded"> {
    const isolate = this.#isolates[index % this.#isolates.length];
    if (!isolate) throw new Error("no such isolate");
    return this.clock.within(isolate.life, async () => {
      const now = this.clock.now();
      const call = { tenant_id: "ten", scopes, amount, patience_ms, ends_by: now + patience_ms + ms + 60_000 };
      const signal = new AbortController().signal;
      const money = await isolate
        .reserve({ ...call, signal })
        .catch((error: { code: "budget_exceeded" }) => error.code);
      if (typeof money === "string") return money;
      this.calls += 1;
      const day = this.#days.get(isolate.loans.get(scopes.join()) ?? "") ?? 0;
      this.#pay(scopes, day, amount);
      // The provider bills the call even where the isolate is gone.
      this.clock.in(undefined, ms - 1, () => this.#pay(scopes, day, cost - amount));
      await this.clock.sleep(ms);
      money.settle(cost);
      this.#check();
      return "paid" as const;
    });
  }

  /** Adds to what was really paid, or may still be. */
  #pay(scopes: readonly string[], day: number, amount: number): void {
    this.paidInAll += amount;
    for (const scope of scopes) {
      for (const window of BUDGET_WINDOWS) {
        const key = `${window}/${scope}/${windowStart(window, day)}`;
        this.#paid.set(key, (this.#paid.get(key) ?? 0) + amount);
      }
    }
  }

  #newIsolate(): Isolate {
    const life = new Life("isolate");
    const loans = new Map<string, string>();
    const reserve = createReserveMoney({
      now: () => this.clock.now(),
      sleep: async (ms) => this.clock.sleep(ms),
      defer: (work) => void work.catch(() => undefined),
      onFault: () => undefined,
      newId: () => `loan${(this.#ids += 1)}`,
      objectOf: () => ({ ask: async (question) => this.#send(question, life, loans) }),
    });
    return { life, reserve, loans };
  }

  async #send(question: LoanQuestion, life: Life, loans: Map<string, string>): Promise<LoanAnswer> {
    const { random } = this;
    if (question.seq === 1) loans.set(question.scopes.join(), question.loan);
    const branch = random.chance(this.#throughBranch)
      ? this.#branches[Math.floor(random.unit() * BRANCHES)]
      : undefined;
    if (!branch) return this.#carry(question, life, (sent) => this.#deliver(sent));
    return this.#carry(question, life, async (sent) => this.clock.within(branch.life, async () => branch.of.ask(sent)));
  }

  /** Carries a message and its reply, which may go astray. */
  async #carry<Sent, Reply>(message: Sent, life: Life, take: (sent: Sent) => Reply | Promise<Reply>): Promise<Reply> {
    const { lost, doubled, refused, slowest } = this.#faults;
    const { random, clock } = this;
    const sent = structuredClone(message);
    const delay = () => random.between(1, random.chance(0.05) ? slowest : 20);
    const [isLostThere, isLostBack] = [random.chance(lost), random.chance(lost)];
    return new Promise((resolve, reject) => {
      const arrive = async () => {
        try {
          const answer = structuredClone(await take(sent));
          if (!isLostBack) clock.in(life, delay(), () => resolve(answer));
        } catch (error) {
          clock.in(life, delay(), () => reject(error));
        }
      };
      const again = async () => Promise.resolve(take(structuredClone(sent))).catch(() => undefined);
      if (random.chance(refused)) clock.in(life, delay(), () => reject(new Error("unreachable")));
      else if (!isLostThere) {
        if (random.chance(doubled)) clock.in(undefined, random.between(1, 30_000), () => void again());
        clock.in(undefined, delay(), () => void arrive());
      }
    });
  }

  #newBranch(): Branch {
    const life = new Life("branch");
    const root = () => ({
      askTogether: async (questions: readonly LoanQuestion[]) =>
        this.#carry(questions, life, (sent) => this.#deliverTogether(sent)),
    });
    const { clock } = this;
    return { life, of: new BudgetsBranch({ root, now: () => clock.now(), sleep: async (ms) => clock.sleep(ms) }) };
  }

  #deliverTogether(questions: readonly LoanQuestion[]): LoanAnswer[] {
    this.batches += 1;
    return this.#take(questions, (now) => this.#authority.askTogether(questions, now));
  }

  #deliver(question: LoanQuestion): LoanAnswer {
    return this.#take([question], (now) => this.#authority.ask(question, now));
  }

  #take<Answer>(questions: readonly LoanQuestion[], ask: (now: number) => Answer): Answer {
    const now = this.clock.now();
    for (const question of questions) {
      this.asked.push(question);
      if (question.seq === 1 && !this.#days.has(question.loan)) {
        this.#days.set(question.loan, windowStart("daily", now));
      }
    }
    const answer = ask(now);
    const changes = structuredClone(this.#authority.takeChanges());
    for (const loan of changes.loans) this.#stored.loans.set(loan.id, loan);
    for (const id of changes.ended) this.#stored.loans.delete(id);
    for (const tally of changes.tallies) this.#stored.tallies.set(`${tally.window}/${tally.scope}`, tally);
    this.alerts.push(...changes.alerts);
    this.#check();
    return answer;
  }

  #restarted(): BudgetAuthority {
    const { budgets, tallies, loans } = this.#stored;
    const stored: StoredBudgets = structuredClone({
      budgets: [...budgets.values()],
      tallies: [...tallies.values()],
      loans: [...loans.values()],
    });
    return new BudgetAuthority(stored, this.clock.now(), this.#times);
  }

  /** A limit that was lowered below what is lent already is only approached from above. */
  #check(): void {
    const now = this.clock.now();
    for (const { scope, window, limit, spent, reserved } of this.states()) {
      const counted = spent + reserved;
      const key = `${window}/${scope}/${windowStart(window, now)}`;
      const allowed = Math.max(limit, this.#counted.get(key) ?? counted);
      if (counted > allowed) throw new Error(`${key}: ${counted} counted of ${limit}`);
      const paid = this.#paid.get(key) ?? 0;
      if (paid > counted) throw new Error(`${key}: ${paid} paid, ${counted} counted`);
      this.#counted.set(key, counted);
    }
  }
}

/** A call to make: its worst case and its cost in nano-dollars, and how long it takes. */
export interface CallPlan {
  scopes: readonly string[];
  amount: number;
  cost: number;
  ms: number;
  patience_ms?: number;
}

/** Nothing goes wrong. */
export const NO_FAULTS: BudgetFaults = { lost: 0, doubled: 0, refused: 0, slowest: 20 };
