const LEVELS = "▁▂▃▄▅▆▇█".split("");

/** Numbers as a line of bars, of which the highest is the greatest number. Zero is a space. */
export function sparkline(values: readonly number[]): string {
  const most = Math.max(0, ...values);
  return values
    .map((value) => {
      if (value <= 0) return " ";
      return LEVELS[Math.min(LEVELS.length - 1, Math.floor((value / most) * LEVELS.length))] ?? "█";
    })
    .join("");
}
