export { ExecutionsPage } from "./executions.tsx";
export { ExecutionPage } from "./execution.tsx";
