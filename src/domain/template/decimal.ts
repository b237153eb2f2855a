import { withoutTrailing } from "../../lib/without-trailing.ts";

/** Digits beyond the last one kept that show whether a double lies exactly between two decimals. */
const TIE_DIGITS = 20;
/** The most digits that JavaScript writes. */
const MOST_DIGITS = 100;
const TIE = /^50*$/;

/** Python's `%.<places>f` of a number that is not negative: a tie goes to the even digit. */
export function fixedText(size: number, places: number): string {
  if (!Number.isFinite(size)) return nonFinite(size);
  // From here on a double is an integer, and toFixed would write an exponent from 1e21 on.
  if (size >= 2 ** 53) return BigInt(size).toString() + (places === 0 ? "" : `.${"0".repeat(places)}`);
  const [whole = "", fraction = ""] = size.toFixed(Math.min(MOST_DIGITS, places + TIE_DIGITS)).split(".");
  const kept = places === 0 ? whole : `${whole}.${fraction.slice(0, places)}`;
  // JavaScript rounds a tie up.
  return TIE.test(fraction.slice(places)) && endsEven(kept) ? kept : size.toFixed(places);
}

/** Python's `%.<places>e` of a number that is not negative. */
export function exponentText(size: number, places: number): string {
  if (!Number.isFinite(size)) return nonFinite(size);
  const [exact = "", power = ""] = size.toExponential(Math.min(MOST_DIGITS, places + TIE_DIGITS)).split("e");
  const kept = exact.slice(0, places === 0 ? 1 : places + 2);
  const isTie = TIE.test(exact.slice(places + 2));
  const text = isTie && endsEven(kept) ? `${kept}e${power}` : size.toExponential(places);
  return text.replace(/e([-+])(\d)$/, "e$10$2");
}

/** Python's `%.<places>g` of a number that is not negative: the shorter form of the two above. */
export function generalText(size: number, places: number, keepsZeros: boolean): string {
  if (!Number.isFinite(size)) return nonFinite(size);
  const digits = Math.max(1, places);
  const long = exponentText(size, digits - 1);
  const power = Number(long.slice(long.indexOf("e") + 1));
  const isShort = power >= -4 && power < digits;
  const [number = "", exponent] = (isShort ? fixedText(size, digits - 1 - power) : long).split("e");
  const bare = keepsZeros || !number.includes(".") ? number : withoutTrailing(withoutTrailing(number, "0"), ".");
  return exponent === undefined ? bare : `${bare}e${exponent}`;
}

/** Rounds as Python's `round` does: the exact binary value, and a tie to the even digit. */
export function roundHalfEven(value: number, places: number): number {
  if (!Number.isFinite(value)) return value;
  const size = Math.abs(value);
  const rounded = places < 0 ? roundToTens(size, 10 ** -places) : Number(fixedText(size, places));
  return value < 0 || Object.is(value, -0) ? -rounded : rounded;
}

function roundToTens(size: number, unit: number): number {
  return Number(fixedText(size / unit, 0)) * unit;
}

function endsEven(digits: string): boolean {
  return Number(digits.at(-1)) % 2 === 0;
}

function nonFinite(size: number): string {
  return Number.isNaN(size) ? "nan" : "inf";
}
