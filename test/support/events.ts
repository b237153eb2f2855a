/** The events of a stream, as [name, data]. */
export function eventsOf(text: string): [string, Record<string, unknown>][] {
  return text
    .trim()
    .split("\n\n")
    .map((block) => {
      const [, name = "", data = "{}"] = /^event: (\w+)\ndata: (.*)$/s.exec(block) ?? [];
      return [name, JSON.parse(data)];
    });
}
