/** What neither a version nor a label means, and the label that every prompt has: docs/executions.md. */
const ALWAYS = [
  ["", "production, or else the newest"],
  ["label:latest", "the newest version"],
] as const;

/** The choices of a version: those that need no name, the labels, and the versions, newest first. */
export function versionOptions(
  labels: readonly { label: string; version?: number }[],
  versions: readonly { version: number }[],
): (readonly [value: string, title: string])[] {
  return [
    ...ALWAYS,
    ...labels.map(
      ({ label, version }) =>
        [`label:${label}`, `label ${label}${version === undefined ? ", split" : `, version ${version}`}`] as const,
    ),
    ...versions.map(({ version }) => [`version:${version}`, `version ${version}`] as const),
  ];
}

/** What a choice says in a request. */
export function versionOf(choice: string): { version?: number; label?: string } {
  const [kind, ...rest] = choice.split(":");
  const name = rest.join(":");
  if (kind === "version") return { version: Number(name) };
  return kind === "label" ? { label: name } : {};
}

/** The names in a text, between commas. */
export function namesOf(text: string): string[] {
  return text
    .split(",")
    .map((name) => name.trim())
    .filter((name) => name !== "");
}
