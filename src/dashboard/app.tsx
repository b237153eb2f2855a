import { QueryClientProvider } from "@tanstack/preact-query";
import { LocationProvider, Route, Router, useLocation } from "preact-iso";
import { queryClient } from "./api/query-client.ts";
import { SessionProvider } from "./api/session.tsx";
import { PageBoundary } from "./page-boundary.tsx";
import { NOT_FOUND, ROUTES } from "./routes.ts";
import { Shell } from "./ui/shell.tsx";
import { Toasts } from "./ui/toasts.tsx";

/** The paths that are pages of the dashboard; links to others leave it. */
const SCOPE = /^\/(?:$|app(?:\/|$))/;

/** The whole page. */
export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <LocationProvider scope={SCOPE}>
        <SessionProvider>
          <Shell>
            <Pages />
          </Shell>
        </SessionProvider>
      </LocationProvider>
      <Toasts />
    </QueryClientProvider>
  );
}

/** The page of the address. A page that breaks says so, and leaves the others to be reached. */
function Pages() {
  const { path } = useLocation();
  return (
    <PageBoundary path={path}>
      <Router>
        {ROUTES.map(({ path: address, page }) => (
          <Route key={address} path={address} component={page} />
        ))}
        <Route default component={NOT_FOUND} />
      </Router>
    </PageBoundary>
  );
}
