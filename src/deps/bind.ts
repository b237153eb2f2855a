/** The type of a use case with its dependencies filled in. */
export type UseCase<F extends (deps: never, ...input: never) => unknown> = F extends (
  deps: never,
  ...input: infer Input
) => infer Result
  ? (...input: Input) => Result
  : never;

/** A use case `verbNoun(deps, ...input)` with its dependencies filled in. */
export function bind<Deps, Input extends unknown[], Result>(
  useCase: (deps: Deps, ...input: Input) => Result,
  deps: Deps,
): (...input: Input) => Result {
  return (...input) => useCase(deps, ...input);
}
