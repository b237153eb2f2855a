/** What one side made of a template. */
export type Rendering = { text: string } | { error: string };

/** A difference that the README of the template engine lists: by intent, or not offered. */
interface Listed {
  name: string;
  covers: (here: Rendering, python: Rendering, template: string) => boolean;
}

const prints =
  (pattern: RegExp): Listed["covers"] =>
  (_here, python) =>
    "text" in python && pattern.test(python.text);
const failsWith =
  (pattern: RegExp): Listed["covers"] =>
  (here) =>
    "error" in here && pattern.test(here.error);

const LISTED: readonly Listed[] = [
  {
    name: "prints a generator, a view, a range or a function",
    covers: prints(
      /<(?:generator|function|built-in|bound|method|reversed|Macro|class)|dict_(?:items|keys|values)\(|range\(/,
    ),
  },
  { name: "an undefined variable tested for truth inside a filter", covers: failsWith(/the variable "missing"/) },
  { name: "hits a cap", covers: failsWith(/the (?:step|output|depth) cap/) },
  {
    name: "texts that are marked as escaped",
    covers: (here, python, template) => prints(/Markup\(/)(here, python, template) || template.includes("escaped"),
  },
  { name: "prints an undefined value in a list", covers: prints(/Undefined/) },
  { name: "integers of more than 53 bits", covers: failsWith(/more than 53 bits/) },
  { name: "keys that are tuples", covers: failsWith(/cannot be the key of a dictionary/) },
  { name: "more lenient than Python", covers: (here, python) => "text" in here && "error" in python },
];

/** The listed difference that explains why the two renderings differ, or undefined. */
export function listedDifference(here: Rendering, python: Rendering, template: string): string | undefined {
  return LISTED.find(({ covers }) => covers(here, python, template))?.name;
}
