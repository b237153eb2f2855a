/**
 * The JUnit reports of several runs as one. The server makes each with one `<testsuites>` around
 * it.
 */
export function mergeJunit(reports: readonly string[]): string {
  const suites = reports.map((report) =>
    report.replace(/^[^]*?<testsuites[^>]*>/, "").replace(/<\/testsuites>\s*$/, ""),
  );
  return `<?xml version="1.0" encoding="UTF-8"?>\n<testsuites>${suites.join("")}</testsuites>\n`;
}
