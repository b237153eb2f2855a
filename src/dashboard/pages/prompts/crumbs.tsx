import { crumbsOf } from "./folders.ts";

/** The folders that a prompt or a folder lies in, as links to what is in them. */
export function Crumbs({ name }: { name: string }) {
  return (
    <nav class="crumbs" aria-label="Folders">
      <a href="/app/prompts">Prompts</a>
      {crumbsOf(name).map(({ title, prefix }) => (
        <span key={prefix}>
          {" / "}
          <a href={`/app/prompts?prefix=${encodeURIComponent(prefix)}`}>{title}</a>
        </span>
      ))}
      {" /"}
    </nav>
  );
}
