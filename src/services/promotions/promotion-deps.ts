import type { Approval, Promotion } from "../../domain/promotions/promotion.ts";
import type { ExecutionRepository } from "../../storage/executions/executions.ts";
import type { PromotionRepository } from "../../storage/promotions/promotions.ts";
import type { ProtectionRepository } from "../../storage/promotions/protections.ts";
import type { MoveLabelDeps } from "../prompts/label-records.ts";
import type { ReadRun } from "../tests/read-test-run.ts";
import type { TestRunRequest } from "../tests/plan-test-run.ts";
import type { RecordUsage } from "../usage/record-usage.ts";
import type { Page } from "../../domain/page.ts";
import type { ListedTestRun } from "../../domain/tests/test-run.ts";
import type { TestRunQuery } from "../../storage/tests/test-runs.ts";
import type { RunKey } from "../../storage/runs/run-repository.ts";

/** What the use cases of promotions share. */
export interface PromotionDeps extends MoveLabelDeps, Pick<RecordUsage, "flush"> {
  promotions: PromotionRepository;
  protections: ProtectionRepository;
  executions: Pick<ExecutionRepository, "list" | "usage" | "insights" | "failures">;
  startTestRun(request: TestRunRequest): Promise<ReadRun>;
  readTestRun(key: RunKey): Promise<ReadRun>;
  cancelTestRun(key: RunKey): Promise<ReadRun>;
  listTestRuns(tenantId: string, query: Omit<TestRunQuery, "before">): Promise<Page<ListedTestRun>>;
  /** Continues work behind the reply. */
  defer(work: Promise<unknown>): void;
}

/** A promotion and who approved it. */
export interface ApprovedPromotion {
  promotion: Promotion;
  approvals: Approval[];
}
