import { QueryClientProvider } from "@tanstack/preact-query";
import { ErrorBoundary, LocationProvider, Route, Router, useLocation } from "preact-iso";
import { useState } from "preact/hooks";
import { queryClient } from "./api/query-client.ts";
import { SessionProvider } from "./api/session.tsx";
import { NOT_FOUND, ROUTES } from "./routes.ts";
import { ErrorBox } from "./ui/error-box.tsx";
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
  const [broken, setBroken] = useState<{ path: string; fault: Error } | null>(null);
  if (broken?.path === path) return <ErrorBox error={broken.fault} retry={() => setBroken(null)} />;
  return (
    <ErrorBoundary onError={(fault) => setBroken({ path, fault })}>
      <Router>
        {ROUTES.map(({ path, page }) => (
          <Route key={path} path={path} component={page} />
        ))}
        <Route default component={NOT_FOUND} />
      </Router>
    </ErrorBoundary>
  );
}
