import { pagePart } from "./page-part.tsx";

/** A place in the navigation: its keys are pressed after `g`. */
export interface NavigationItem {
  href: string;
  title: string;
  keys: string;
  /** Where other pages of it begin. */
  also?: readonly string[];
}

/** The navigation by its groups. */
export const NAVIGATION: readonly { title: string; items: readonly NavigationItem[] }[] = [
  {
    title: "Watch",
    items: [
      { href: "/", title: "Overview", keys: "o" },
      { href: "/app/executions", title: "Executions", keys: "e" },
      { href: "/app/insights", title: "Insights", keys: "i" },
    ],
  },
  {
    title: "Author",
    items: [
      { href: "/app/prompts", title: "Prompts", keys: "p" },
      {
        href: "/app/tests",
        title: "Tests and compare",
        keys: "t",
        also: ["/app/test-runs", "/app/compare", "/app/comparisons", "/app/optimizations"],
      },
      { href: "/app/chains", title: "Chains", keys: "h", also: ["/app/chain-runs"] },
      { href: "/app/batches", title: "Batches", keys: "b" },
    ],
  },
  {
    title: "Operate",
    items: [
      { href: "/app/usage", title: "Usage and cost", keys: "u" },
      { href: "/app/budgets", title: "Budgets", keys: "m" },
      { href: "/app/limits", title: "Limits", keys: "l" },
      { href: "/app/cache", title: "Cache", keys: "c" },
      { href: "/app/keys", title: "Keys and audit", keys: "k" },
    ],
  },
];

const prompts = async () => import("./pages/prompts/index.ts");
const promptEditor = async () => import("./pages/prompts/editor/index.ts");
const executions = async () => import("./pages/executions/index.ts");

const operate = async () => import("./pages/operate/index.ts");

const tests = async () => import("./pages/tests/index.ts");

const batches = async () => import("./pages/batches/index.ts");

const chains = async () => import("./pages/chains/index.ts");

/** The pages by their addresses; each loads when it is first opened. */
export const ROUTES = [
  { path: "/", page: pagePart(async () => (await import("./pages/overview/overview.tsx")).OverviewPage) },
  { path: "/app", page: pagePart(async () => (await import("./pages/overview/overview.tsx")).OverviewPage) },
  { path: "/app/prompts", page: pagePart(async () => (await prompts()).PromptsPage) },
  { path: "/app/prompts/:name", page: pagePart(async () => (await prompts()).PromptPage) },
  { path: "/app/prompts/:name/edit", page: pagePart(async () => (await promptEditor()).EditorPage) },
  { path: "/app/new-prompt", page: pagePart(async () => (await promptEditor()).NewPromptPage) },
  { path: "/app/executions", page: pagePart(async () => (await executions()).ExecutionsPage) },
  { path: "/app/executions/:id", page: pagePart(async () => (await executions()).ExecutionPage) },
  { path: "/app/insights", page: pagePart(async () => (await import("./pages/insights/index.ts")).InsightsPage) },
  { path: "/app/usage", page: pagePart(async () => (await operate()).UsagePage) },
  { path: "/app/budgets", page: pagePart(async () => (await operate()).BudgetsPage) },
  { path: "/app/limits", page: pagePart(async () => (await operate()).LimitsPage) },
  { path: "/app/cache", page: pagePart(async () => (await operate()).CachePage) },
  { path: "/app/tests", page: pagePart(async () => (await tests()).TestsPage) },
  { path: "/app/test-runs/:id", page: pagePart(async () => (await tests()).TestRunPage) },
  { path: "/app/compare", page: pagePart(async () => (await tests()).ComparePage) },
  { path: "/app/comparisons/:id", page: pagePart(async () => (await tests()).ComparisonPage) },
  { path: "/app/optimizations/:id", page: pagePart(async () => (await tests()).OptimizationPage) },
  { path: "/app/chains", page: pagePart(async () => (await chains()).ChainsPage) },
  { path: "/app/chains/:name", page: pagePart(async () => (await chains()).ChainPage) },
  { path: "/app/chain-runs/:id", page: pagePart(async () => (await chains()).ChainRunPage) },
  { path: "/app/batches", page: pagePart(async () => (await batches()).BatchesPage) },
  { path: "/app/batches/:id", page: pagePart(async () => (await batches()).BatchPage) },
  { path: "/app/keys", page: pagePart(async () => (await import("./pages/keys/index.ts")).KeysPage) },
];

/** The page of an address that has none. */
export const NOT_FOUND = pagePart(async () => (await import("./pages/not-found.tsx")).NotFoundPage);

/** Loads the part of an address's page, so that it is there when it is shown. */
export function preloadPage(path: string): void {
  const parts = path.split("/").filter(Boolean);
  const route = ROUTES.find((each) => {
    const wanted = each.path.split("/").filter(Boolean);
    return wanted.length === parts.length && wanted.every((part, at) => part.startsWith(":") || part === parts[at]);
  });
  void (route?.page ?? NOT_FOUND).preload();
}
