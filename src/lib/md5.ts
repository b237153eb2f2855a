/** The rotations of each round (RFC 1321, 3.4). */
const ROTATIONS = Uint8Array.from(
  [
    [7, 12, 17, 22],
    [5, 9, 14, 20],
    [4, 11, 16, 23],
    [6, 10, 15, 21],
  ].flatMap((round) => [...round, ...round, ...round, ...round]),
);
const SINES = Int32Array.from({ length: 64 }, (_, at) => Math.floor(2 ** 32 * Math.abs(Math.sin(at + 1))));
/** The word of a block that each step adds. */
const WORDS = Uint8Array.from({ length: 64 }, (_, at) => {
  if (at < 16) return at;
  if (at < 32) return (5 * at + 1) & 15;
  return (at < 48 ? 3 * at + 5 : 7 * at) & 15;
});
/** The longest text of one block: it ends in a bit and its length. */
const MAX_BYTES = 55;
const block = new Int32Array(16);

/**
 * The first 32 bits of the MD5 of a short ASCII text, as an unsigned number; undefined for any
 * other text. The ids of executions are drawn until their MD5 fits, and the platform's takes five
 * times as long.
 */
export function md5PrefixOfShort(text: string): number | undefined {
  if (text.length > MAX_BYTES) return undefined;
  block.fill(0);
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code > 127) return undefined;
    block[at >> 2] = (block[at >> 2] ?? 0) | (code << ((at & 3) << 3));
  }
  block[text.length >> 2] = (block[text.length >> 2] ?? 0) | (0x80 << ((text.length & 3) << 3));
  block[14] = text.length << 3;
  let [a, b, c, d] = [0x67452301, -0x10325477, -0x67452302, 0x10325476];
  for (let step = 0; step < 64; step += 1) {
    let mixed: number;
    if (step < 16) mixed = (b & c) | (~b & d);
    else if (step < 32) mixed = (d & b) | (~d & c);
    else if (step < 48) mixed = b ^ c ^ d;
    else mixed = c ^ (b | ~d);
    const sum = (a + mixed + (SINES[step] ?? 0) + (block[WORDS[step] ?? 0] ?? 0)) | 0;
    const turn = ROTATIONS[step] ?? 0;
    a = d;
    d = c;
    c = b;
    b = (b + ((sum << turn) | (sum >>> (32 - turn)))) | 0;
  }
  const first = (a + 0x67452301) | 0;
  return ((first << 24) | ((first & 0xff00) << 8) | ((first >>> 8) & 0xff00) | (first >>> 24)) >>> 0;
}
