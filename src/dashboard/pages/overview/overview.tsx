import { Page } from "../../ui/page.tsx";

/** What happens now. */
export function OverviewPage() {
  return <Page title="Overview">…</Page>;
}
