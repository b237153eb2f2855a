/** The answers that are kept, as far as they are asked for again. */
interface KeptAnswers {
  cancelQueries(filter: { predicate: (query: { state: { data: unknown } }) => boolean }): Promise<void>;
  invalidateQueries(): Promise<void>;
}

/**
 * Asks again for all that is shown, after a change. What was asked for before and has not come may be
 * older than the change, so it is asked for anew as well: by itself the library takes such an answer.
 */
export async function readAgain(answers: KeptAnswers): Promise<void> {
  await answers.cancelQueries({ predicate: ({ state }) => state.data === undefined });
  await answers.invalidateQueries();
}
