/** Text that hardly becomes smaller by compression, the same in each run. */
export function noise(length: number): string {
  let state = 1;
  return Array.from({ length }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7f_ff_ff_ff;
    return String.fromCodePoint(48 + ((state >> 16) & 63));
  }).join("");
}
