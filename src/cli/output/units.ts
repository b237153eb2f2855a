/** US dollars with as many digits as tell something: `$12.40`, `$0.0031`, `$0.000012`. */
export function formatUsd(usd: number | null): string {
  if (usd === null) return "?";
  if (usd === 0) return "$0";
  if (Math.abs(usd) >= 1) return `$${usd.toFixed(2)}`;
  return `$${trimZeros(usd.toFixed(Math.min(9, 2 - Math.floor(Math.log10(Math.abs(usd))))))}`;
}

function trimZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/0{1,20}$/, "").replace(/\.$/, "") : digits;
}

/** `812 ms`, `3.2 s`, `4 min 5 s`. */
export function formatMs(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.floor(ms / 60_000)} min ${Math.round((ms % 60_000) / 1000)} s`;
}

/** `1,234,567`. */
export function formatCount(count: number): string {
  return count.toLocaleString("en-US");
}

/** `97.5 %`; nothing where there is no share. */
export function formatShare(share: number | null): string {
  return share === null ? "" : `${trimZeros((share * 100).toFixed(1))} %`;
}

/** A time of the API as people read it: `2026-11-26 18:50`, in UTC. */
export function formatTime(rfc3339: string): string {
  return rfc3339.slice(0, 16).replace("T", " ");
}
