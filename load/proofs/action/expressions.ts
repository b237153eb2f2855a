/** The values of a workflow's contexts by their dotted paths; an absent one is empty, as in GitHub. */
export type Contexts = ReadonlyMap<string, string>;

/** A text with its `${{ … }}` filled in: paths into contexts, nothing else. */
export function fillExpressions(text: string, contexts: Contexts): string {
  return text.replaceAll(/\$\{\{\s*([\w.-]+)\s*\}\}/g, (_, path: string) => contexts.get(path) ?? "");
}

/**
 * Whether a condition of a step holds: comparisons of paths and texts by `==` and `!=`, joined by
 * `&&` and `||`, with parentheses. Throws where it has anything else.
 */
export function evaluate(condition: string, contexts: Contexts): boolean {
  const tokens = condition.match(/&&|\|\||==|!=|[()]|'[^']*'|[\w.-]+|\S/g) ?? [];
  let at = 0;
  const next = () => tokens[at++] ?? "";
  const operand = (): string => {
    const token = next();
    if (token.startsWith("'")) return token.slice(1, -1);
    if (/^[\w.-]+$/.test(token)) return contexts.get(token) ?? "";
    throw new Error(`${condition}: ${token} is no operand`);
  };
  const comparison = (): boolean => {
    if (tokens[at] === "(") {
      at += 1;
      const inside = either();
      if (next() !== ")") throw new Error(`${condition}: a parenthesis is open`);
      return inside;
    }
    const left = operand();
    const operator = next();
    if (operator !== "==" && operator !== "!=") throw new Error(`${condition}: ${operator} is not known`);
    return (left === operand()) === (operator === "==");
  };
  const both = (): boolean => {
    let holds = comparison();
    while (tokens[at] === "&&") {
      at += 1;
      const right = comparison();
      holds &&= right;
    }
    return holds;
  };
  const either = (): boolean => {
    let holds = both();
    while (tokens[at] === "||") {
      at += 1;
      const right = both();
      holds ||= right;
    }
    return holds;
  };
  const holds = either();
  if (at < tokens.length) throw new Error(`${condition}: ${tokens[at]} is too much`);
  return holds;
}
