export { BatchesPage } from "./batches-page.tsx";
export { BatchPage } from "./batch-page.tsx";
