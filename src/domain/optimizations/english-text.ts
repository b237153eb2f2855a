/** Frequent words of English, and of languages that are written with the same letters. */
const ENGLISH =
  /(?<![\w'’-])(?:the|of|and|is|are|you|your|this|these|with|for|from|that|which|should|must|not|do|be|it|its|if|when|each|any|an|write|use|answer|only|or|to|in|on|by|as)(?![\w'’-])/gi;
const FOREIGN =
  /(?<![\w'’-])(?:l[ae]s?|des|une?|et|est|dans|pour|que|d[ei][er]|das|und|nicht|mit|von|ist|eine?|den|el|los|una|por|para|con|che|per|een|het|van|och|att|som|uma|os|ikke)(?![\w'’-])/giu;

/**
 * Whether a line reads as English: it has frequent words of English, hardly any of other languages,
 * and mostly ASCII letters. A short line without either is none.
 */
export function isEnglish(line: string): boolean {
  const letters = line.match(/\p{L}/gu) ?? [];
  const foreign = letters.filter((letter) => letter > "\u007F").length;
  if (foreign > letters.length / 20) return false;
  const own = line.match(ENGLISH)?.length ?? 0;
  return own > 0 && own > 3 * (line.match(FOREIGN)?.length ?? 0);
}
