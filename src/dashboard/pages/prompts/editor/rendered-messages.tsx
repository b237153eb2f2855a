import type { ContentPart, Message } from "../../../../domain/completions/message.ts";
import { Badge } from "../../../ui/small.tsx";
import type { Rendered } from "./checked-source.ts";

/** The messages that a model would be sent. */
export function RenderedMessages({ messages, faults }: Rendered) {
  const others = faults.filter(({ path }) => !path.startsWith("variables."));
  if (faults.length > 0) {
    return (
      <div class="stack">
        {others.map(({ path, message }) => (
          <p key={path + message} class="bad">
            <code>{path}</code> {message}
          </p>
        ))}
        {others.length < faults.length && <p class="muted">Fill in the variables to see the messages.</p>}
      </div>
    );
  }
  return (
    <ol class="messages" aria-label="Rendered messages">
      {messages.map((message, at) => (
        <li key={at}>
          <Badge tone="accent">{message.role}</Badge>
          <div class="message-text" tabIndex={0} role="group" aria-label={`Message of ${message.role}`}>
            {textOf(message)}
          </div>
        </li>
      ))}
    </ol>
  );
}

function textOf({ content, tool_calls = [] }: Message): string {
  const parts = typeof content === "string" ? [content] : content.map(partText);
  const calls = tool_calls.map(({ name, arguments: text }) => `calls ${name}(${text})`);
  return [...parts, ...calls].join("\n");
}

function partText(part: ContentPart): string {
  if (part.type === "text") return part.text;
  const { type, ...rest } = part;
  return `[${type} ${JSON.stringify(rest)}]`;
}
