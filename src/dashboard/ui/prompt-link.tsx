/** A link to a prompt; what has no stored prompt says so. */
export function PromptLink({ name }: { name: string | null }) {
  if (name === null) return <span class="muted">no stored prompt</span>;
  return <a href={`/app/prompts/${encodeURIComponent(name)}`}>{name}</a>;
}
