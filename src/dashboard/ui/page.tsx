import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";

interface PageProps {
  title: string;
  /** Stands before the title: the way back to the list, for example. */
  before?: ComponentChildren;
  /** Buttons and filters at the right of the title. */
  actions?: ComponentChildren;
  children: ComponentChildren;
}

/** A page with its title, which is also the window's. */
export function Page({ title, before, actions, children }: PageProps) {
  useEffect(() => {
    document.title = `${title} · PBT Edge`;
  }, [title]);
  return (
    <div class="page">
      <header class="page-head">
        {before}
        <h1>{title}</h1>
        <div class="page-actions">{actions}</div>
      </header>
      {children}
    </div>
  );
}

interface PanelProps {
  title?: ComponentChildren;
  aside?: ComponentChildren;
  class?: string;
  children: ComponentChildren;
}

/** A framed part of a page. */
export function Panel({ title, aside, class: name = "", children }: PanelProps) {
  return (
    <section class={`panel ${name}`}>
      {(title !== undefined || aside !== undefined) && (
        <header class="panel-head">
          <h2>{title}</h2>
          <div class="panel-aside">{aside}</div>
        </header>
      )}
      {children}
    </section>
  );
}

/** Says that there is nothing yet, and the command or link that comes next. */
export function Empty({ title, command, children }: { title: string; command?: string; children?: ComponentChildren }) {
  return (
    <div class="empty">
      <p>{title}</p>
      {command !== undefined && (
        <pre tabIndex={0}>
          <code>{command}</code>
        </pre>
      )}
      {children}
    </div>
  );
}

/** Holds the place of something that loads, in its own height, so that nothing moves. */
export function Skeleton({ height }: { height: number }) {
  return <div class="skeleton" style={{ height: `${height}px` }} aria-hidden="true" />;
}

interface TabsProps<T extends string> {
  tabs: readonly { id: T; title: string }[];
  current: T;
  select: (id: T) => void;
  label: string;
}

/** Parts of a page of which one is shown. */
export function Tabs<T extends string>({ tabs, current, select, label }: TabsProps<T>) {
  return (
    <nav class="tabs" aria-label={label}>
      {tabs.map(({ id, title }) => (
        <button key={id} type="button" aria-current={id === current ? "page" : undefined} onClick={() => select(id)}>
          {title}
        </button>
      ))}
    </nav>
  );
}
