import type { ExtraEvent } from "./extra-event.ts";
import type { Profile } from "./profile.ts";
import type { StreamScript } from "./wire.ts";

/** A stream with the fields and events that its profile adds to those of its provider. */
export function withExtras(script: StreamScript, { extra_fields: fields, extra_events: events = [] }: Profile) {
  if (!fields && events.length === 0) return script;
  const add = (text: string) => (fields ? text.replaceAll(/^data: \{.*$/gm, (line) => addTo(line, fields)) : text);
  return {
    opening: add(script.opening) + events.map(textOf).join(""),
    delta: (piece: string) => add(script.delta(piece)),
    get closing() {
      return add(script.closing);
    },
    done: add(script.done),
    garbage: script.garbage,
  };
}

function addTo(line: string, fields: object): string {
  const data = JSON.parse(line.slice("data: ".length)) as object;
  return `data: ${JSON.stringify({ ...data, ...fields })}`;
}

function textOf({ event, data }: ExtraEvent): string {
  return `${event === undefined ? "" : `event: ${event}\n`}data: ${JSON.stringify(data)}\n\n`;
}
