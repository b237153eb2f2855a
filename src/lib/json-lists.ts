/**
 * Values as lists of JSON of at most so many characters each; one that is longer alone is a list of
 * its own.
 */
export function jsonLists(values: readonly unknown[], most: number): string[] {
  const lists: string[][] = [];
  let length = Infinity;
  for (const value of values) {
    const json = JSON.stringify(value);
    if (length + json.length + 1 > most) {
      lists.push([]);
      length = 1;
    }
    lists.at(-1)?.push(json);
    length += json.length + 1;
  }
  return lists.map((list) => `[${list.join(",")}]`);
}
