/** The typed client of PBT Edge: `import { PbtEdge } from "pbt-edge/client"`. */
export { PbtEdge, type ClientOptions } from "./client.ts";
export { List, type ListPage } from "./list.ts";
export {
  ApiError,
  AuthenticationError,
  BudgetExceededError,
  ConflictError,
  ConnectionError,
  NotFoundError,
  PbtEdgeError,
  PermissionError,
  ProviderError,
  RateLimitError,
  StreamBrokenError,
  TimeoutError,
  ValidationError,
  type FieldFault,
  type ProblemDetails,
} from "./errors.ts";
export { StreamedExecution, type ExecutionReply, type StreamEvent } from "./streamed-execution.ts";
export type { BatchEvent, BatchItem, BatchReply } from "./batches.ts";
export type { ComparisonReply, OptimizationReply } from "./experiments.ts";
export type { TestRunReply } from "./test-runs.ts";
export type { ExecutionBody } from "./executions.ts";
export type { AnyPrompts, ExecuteOptions, PromptTypes } from "./prompt-calls.ts";
export type { VersionChoice } from "./prompts.ts";
export type { ListItem, ListOperation, ListRequest } from "./api.ts";
export type {
  CallOptions,
  OperationArguments,
  OperationBody,
  OperationName,
  OperationQuery,
  OperationResult,
} from "./operations.ts";
export {
  declaredPrompt,
  printPromptTypes,
  type DeclaredPrompt,
  type DeclaredVariable,
  type TypesLanguage,
} from "./prompt-types.ts";
