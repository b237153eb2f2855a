export { InsightsPage } from "./insights.tsx";
