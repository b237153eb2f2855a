export { TestsPage } from "./tests-page.tsx";
export { TestRunPage } from "./test-run-page.tsx";
export { ComparePage } from "./compare-page.tsx";
export { ComparisonPage } from "./comparison-page.tsx";
export { OptimizationPage } from "./optimization-page.tsx";
