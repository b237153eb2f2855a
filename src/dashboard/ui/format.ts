const COMPACT = new Intl.NumberFormat("en", { notation: "compact", maximumSignificantDigits: 3 });
const WHOLE = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const MINUTE_S = 60;
const HOUR_S = 3_600;
const DAY_S = 86_400;

/** What stands for a value that is not known. */
export const NONE = "–";

type Known = number | null | undefined;

function isKnown(value: Known): value is number {
  return value !== null && value !== undefined && Number.isFinite(value);
}

/** A count: `1,204`, from 100,000 on `120K`. */
export function count(value: Known): string {
  if (!isKnown(value)) return NONE;
  return Math.abs(value) < 100_000 ? WHOLE.format(value) : COMPACT.format(value);
}

/** A rate or another small number with three significant digits. */
export function decimal(value: Known): string {
  if (!isKnown(value)) return NONE;
  return Math.abs(value) >= 1_000 ? count(value) : String(Number(value.toPrecision(3)));
}

/** US dollars: cents from one dollar on, three significant digits below. */
export function usd(value: Known): string {
  if (!isKnown(value)) return NONE;
  const size = Math.abs(value);
  const sign = value < 0 ? "−" : "";
  if (size === 0) return "$0";
  if (size >= 100_000) return `${sign}$${COMPACT.format(size)}`;
  if (size >= 1) return `${sign}$${size.toLocaleString("en", { minimumFractionDigits: 2, maximumFractionDigits: 2 })}`;
  return `${sign}$${size.toLocaleString("en", { maximumSignificantDigits: 3, maximumFractionDigits: 12 })}`;
}

/** A duration: `0.8 ms`, `42 ms`, `1.20 s`, `3 min 5 s`. */
export function duration(ms: Known): string {
  if (!isKnown(ms)) return NONE;
  if (ms < 10) return `${Number(ms.toPrecision(2))} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  const seconds = ms / 1_000;
  if (seconds < MINUTE_S) return `${seconds.toPrecision(3)} s`;
  if (seconds < HOUR_S) return `${Math.floor(seconds / MINUTE_S)} min ${Math.round(seconds % MINUTE_S)} s`;
  if (seconds < DAY_S) return `${Math.floor(seconds / HOUR_S)} h ${Math.round((seconds % HOUR_S) / MINUTE_S)} min`;
  return `${(seconds / DAY_S).toPrecision(2)} d`;
}

/** A share of 1 as a percentage: `99.95 %`, `3.2 %`. */
export function percent(share: Known): string {
  if (!isKnown(share)) return NONE;
  const value = 100 * share;
  const digits = value > 99 && value < 100 ? 2 : Math.abs(value) >= 10 || value === 0 ? 0 : 1;
  return `${value.toFixed(digits)}\u00A0%`;
}

/** A size in bytes. */
export function bytes(value: Known): string {
  if (!isKnown(value)) return NONE;
  const units = ["B", "KB", "MB", "GB", "TB"];
  const power = value <= 0 ? 0 : Math.min(units.length - 1, Math.floor(Math.log10(value) / 3));
  return `${Number((value / 1_000 ** power).toPrecision(3))} ${units[power] ?? "B"}`;
}

/** How a value changed against the one before, `+12 %`; null where that says nothing. */
export function change(now: Known, before: Known): string | null {
  if (!isKnown(now) || !isKnown(before) || before === 0) return null;
  const by = now / before - 1;
  return `${by < 0 ? "−" : "+"}${Math.abs(100 * by).toFixed(Math.abs(by) < 0.1 ? 1 : 0)} %`;
}

/** A time, from now: `12 s ago`, `in 3 h`. */
export function fromNow(at: string | number | Date, now: number): string {
  const seconds = (new Date(at).getTime() - now) / 1_000;
  const size = Math.abs(seconds);
  if (size < 1.5) return "now";
  const text =
    size < MINUTE_S
      ? `${Math.round(size)} s`
      : size < HOUR_S
        ? `${Math.round(size / MINUTE_S)} min`
        : size < DAY_S
          ? `${Math.round(size / HOUR_S)} h`
          : `${Math.round(size / DAY_S)} d`;
  return seconds < 0 ? `${text} ago` : `in ${text}`;
}

/** A time of the reader's own clock, to the second. */
export function localTime(at: string | number | Date): string {
  const date = new Date(at);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/** The id that people tell apart: its end, since ids of one moment begin alike. */
export function shortId(id: string): string {
  const [prefix = "", rest = ""] = id.split("_", 2);
  return rest === "" ? id : `${prefix}_…${rest.slice(-6)}`;
}
