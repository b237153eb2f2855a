import { Empty, Page } from "../ui/page.tsx";

/** The page of an address that has none. */
export function NotFoundPage() {
  return (
    <Page title="Not found">
      <Empty title="There is no page at this address.">
        <a href="/">Overview</a>
      </Empty>
    </Page>
  );
}
