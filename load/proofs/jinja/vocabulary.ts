/** The variables of every template. No key of `d` is a method's name: data come first here. */
export const VARIABLES = {
  name: "Ann",
  s: "the quick brown-fox, it's 42 lazy dogs",
  u: "naïve ǆ ﬁne ß 😀👍🏽 Éa\u00a0b",
  ml: "one\r\ntwo\n\n three\tfour\n",
  num: " 1_000 ",
  empty: "",
  i: 7,
  big: 1_234_567,
  neg: -3,
  f: 2.5,
  tiny: 0.125,
  t: true,
  no: false,
  z: null,
  l: [3, 1, 2],
  words: ["b", "A", "c c", ""],
  mixed: [1, "1", null, true, 2.5],
  d: { b: 1, a: 2, C: "x" },
  users: [
    { name: "Bo", age: 31, team: "b", nick: null },
    { name: "al", age: 25, team: "a", nick: "A" },
    { name: "Cy", age: 40, team: "b", nick: "C" },
  ],
};

/** The kinds of value that the grammar tells apart. */
export type Kind = "text" | "int" | "float" | "bool" | "list" | "dict" | "any";

/** The kinds by name. */
export const KINDS: readonly Kind[] = ["text", "int", "float", "bool", "list", "dict"];

/** Variables of each kind. */
export const NAMES: Record<Exclude<Kind, "any">, readonly string[]> = {
  text: ["name", "s", "u", "ml", "num", "empty"],
  int: ["i", "big", "neg"],
  float: ["f", "tiny"],
  bool: ["t", "no", "true", "false"],
  list: ["l", "words", "mixed", "users", "users|map(attribute='name')|list"],
  dict: ["d", "users[0]"],
};
/** Literals of each kind. */
export const LITERALS: Record<Exclude<Kind, "any">, readonly string[]> = {
  text: ["'a'", "'ab cd'", "''", "'x-y'", "'%s'", "'Straße'", "'A\\tb'", "'1_000'", "'0x1F'", "'42.7'", "'a\\r\\nb'"],
  int: ["0", "1", "2", "-1", "3", "10", "42"],
  float: ["1.5", "-0.5", "0.0", "10.0", "1.25", "1e3", "2.675"],
  bool: ["true", "false"],
  list: ["[]", "[1, 2, 3]", "['b', 'a']", "[1.0, true, none]", "(1, 2)", "[[1, 2], [3]]"],
  dict: ["{}", "{'k': 1}", "{'b': [1], 'a': none}"],
};
/** Methods of a text that give a text. */
export const TEXT_METHODS = (
  "upper() lower() title() capitalize() swapcase() casefold() strip() lstrip() rstrip() strip('a') zfill(6) " +
  "expandtabs() expandtabs(4) center(9) center(10,'*') ljust(8) rjust(8,'.') replace('a','b') replace('a','',1) " +
  "removeprefix('a') removesuffix('b') join(['x','y']) join('abc')"
).split(" ");
/** Methods of a text that give a list. */
export const TEXT_TO_LIST =
  "split() split('a') split(' ',1) rsplit() rsplit(' ',1) rsplit('a') partition(' ') rpartition('a') splitlines() splitlines(true)".split(
    " ",
  );
/** Methods of a text that give a bool. */
export const TEXT_TO_BOOL =
  "isdigit() isnumeric() isdecimal() isalpha() isalnum() isspace() isupper() islower() istitle() isascii() startswith('a') endswith('b') startswith(('a','t'))".split(
    " ",
  );
/** Methods of a text that give an int. */
export const TEXT_TO_INT =
  "index('a') rindex('a') find('a') rfind('a') find('q',2) count('a') count('') index('a',1,9)".split(" ");
/** Methods that change a list. */
export const CHANGES =
  "append(4) extend([5,6]) insert(0,9) insert(-1,8) pop() pop(0) reverse() sort() remove(1) clear() append('x')".split(
    " ",
  );
/** Methods that change a dictionary. */
export const DICT_CHANGES =
  "update({'n':1}) update(n=2) pop('b') pop('zz',0) setdefault('b',7) setdefault('q') clear() popitem()".split(" ");
/** Directives of `format`. */
export const FORMATS =
  "%s %r %d %5d %-5d| %05d %+d %x %#x %o %e %.1e %E %g %.3g %G %c %f %.0f %.1f %.2f %8.2f %i %5s %-5s| %.2s %%".split(
    " ",
  );
/** Tests without arguments. */
export const TESTS =
  "defined undefined none string number integer float boolean mapping sequence iterable callable lower upper odd even true false escaped filter test".split(
    " ",
  );
