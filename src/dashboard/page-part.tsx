import { lazy } from "preact-iso";
import type { FunctionComponent } from "preact";
import { ErrorBox } from "./ui/error-box.tsx";

/**
 * A page that loads when it is first opened. Where its part does not come, because the network is
 * gone or a deploy has replaced it, the page says so, and a reload tries again: browsers and the
 * library remember a part that failed.
 */
export function pagePart(load: () => Promise<FunctionComponent>) {
  return lazy(async () => load().catch(() => MissingPart));
}

function MissingPart() {
  const error = new Error("This page did not load. It may have been replaced by a newer version.");
  return <ErrorBox error={error} retry={() => location.reload()} />;
}
