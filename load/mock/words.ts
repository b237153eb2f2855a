import { pickAt, unitAt } from "../harness/random.ts";

/** Some words are not ASCII, so that clients meet UTF-8 characters that are split over chunks. */
const WORDS =
  "prompt edge answer token model cache shard stream latency budget version tenant worker queue signal steady small quick clear plain green river stone window letter bridge morning paper garden number story café naïve 漢字 東京 über 🚀 🌍 señor 👩‍💻 данные".split(
    " ",
  );
const SHORTEST = 20;
const LONGEST = 60;

/** 20 to 60 words. The seed decides their number and their choice. */
export function seededWords(seed: number): string {
  return `${words(seed, SHORTEST + Math.floor(unitAt(seed, 0) * (LONGEST - SHORTEST + 1)))}.`;
}

/** Three words that the seed decides, for a string in structured output. */
export function seededPhrase(seed: number): string {
  return words(seed, 3);
}

function words(seed: number, count: number): string {
  return Array.from({ length: count }, (_none, index) => pickAt(WORDS, seed, index + 1)).join(" ");
}
