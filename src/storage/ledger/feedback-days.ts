import { dayOf, dayOfHour, hourOf } from "../../domain/ledger/periods.ts";
import { type CountedScore, type HourRatings, withScore } from "../../domain/ledger/rating-cell.ts";
import type { NumberSpan } from "../../domain/ledger/usage-plan.ts";
import type { LedgerSql } from "./ledger-sql.ts";

interface DayRow extends Record<string, string | number> {
  prompt: string;
  body: string;
}

const TABLE = `create table if not exists feedback_days (day integer, prompt text, body text not null,
  primary key (day, prompt)) without rowid`;

/**
 * The feedback of a ledger object by the hour in which the rated execution started, by version and
 * model. A prompt has a row a day, so that feedback costs one written row beside its own.
 */
export class FeedbackDays {
  readonly #sql: LedgerSql;

  constructor(sql: LedgerSql) {
    this.#sql = sql;
    sql.run(TABLE);
  }

  /** Counts a score. Belongs in the transaction that stores it. */
  count(given: CountedScore): void {
    const [day, { prompt }] = [dayOf(given.created_at), given];
    const [known] = this.#sql.run<DayRow>("select body from feedback_days where day = ? and prompt = ?", day, prompt);
    const ratings = withScore(known ? toRatings(known.body) : [], hourOf(given.created_at), given);
    this.#sql.run("insert or replace into feedback_days values (?, ?, ?)", day, prompt, toBody(ratings));
  }

  /** The feedback on executions of some prompts that started in some hours. */
  read(prompts: readonly string[], { from, to }: NumberSpan): (HourRatings & { prompt: string })[] {
    // Each pair of a day and a prompt is looked up: a tenant may have feedback on many others.
    const days = Array.from({ length: Math.max(0, dayOfHour(to - 1) - dayOfHour(from) + 1) }, (_, at) => at);
    const rows = this.#sql.run<DayRow>(
      `select prompt, body from json_each(?) as days cross join json_each(?) as names
        cross join feedback_days on day = days.value + ? and prompt = names.value`,
      JSON.stringify(days),
      JSON.stringify(prompts),
      dayOfHour(from),
    );
    return rows
      .flatMap(({ prompt, body }) => toRatings(body).map((ratings) => ({ ...ratings, prompt })))
      .filter(({ hour }) => hour >= from && hour < to);
  }

  /** Deletes some of the rows of days before one. True when none is left. */
  deleteBefore(day: number, limit: number): boolean {
    const some = "select day, prompt from feedback_days where day < ? limit ?";
    const remove = `delete from feedback_days where (day, prompt) in (${some}) returning 1 as gone`;
    return this.#sql.run(remove, day, limit).length < limit;
  }
}

/** Short texts: a row is written for each score. */
function toBody(ratings: readonly HourRatings[]): string {
  return JSON.stringify(
    ratings.map(({ hour, version, model, count, sum, squares }) => [hour, version, model, count, sum, squares]),
  );
}

function toRatings(body: string): HourRatings[] {
  const rows = JSON.parse(body) as [number, number, string | null, number, number, number][];
  return rows.map(([hour, version, model, count, sum, squares]) => ({ hour, version, model, count, sum, squares }));
}
