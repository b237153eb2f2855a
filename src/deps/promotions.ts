import { advancePromotion } from "../services/promotions/advance-promotion.ts";
import {
  approvePromotion,
  cancelPromotion,
  listPromotions,
  readPromotion,
} from "../services/promotions/decide-promotion.ts";
import { moveLabel } from "../services/promotions/move-label.ts";
import type { PromotionDeps } from "../services/promotions/promotion-deps.ts";
import { protectLabel, readProtection } from "../services/promotions/protect-label.ts";
import { sweepPromotions } from "../services/promotions/sweep-promotions.ts";
import { followMove } from "../services/prompts/label-records.ts";
import { LabelRepository } from "../storage/prompts/labels.ts";
import { PromptRepository } from "../storage/prompts/prompts.ts";
import { PromotionRepository } from "../storage/promotions/promotions.ts";
import { ProtectionRepository } from "../storage/promotions/protections.ts";
import type { Shards } from "../storage/shards.ts";
import { bind } from "./bind.ts";
import { clock, defer, report } from "./runtime.ts";

/** The repositories of promotions. */
type PromotionStorage = Pick<PromotionDeps, "prompts" | "labels" | "promotions" | "protections">;
/** The services that promotions are built over. */
export type PromotionParts = Omit<PromotionDeps, keyof PromotionStorage | "now" | "defer" | "onError" | "follow"> & {
  shards: Shards;
};

/** The use cases of promotions. */
export type PromotionServices = ReturnType<typeof bindPromotions>;

/** Builds the use cases of promotions. */
export function buildPromotions({ shards, ...parts }: PromotionParts): PromotionServices {
  const onError = (event: string, id: string, error: unknown) => report(event, error, { id });
  const known = { ...clock, ...parts, ...promotionStorage(shards), defer, onError };
  return bindPromotions({ ...known, follow: bind(followMove, known) });
}

/** The storage of promotions over the shards. */
export function promotionStorage(shards: Shards): PromotionStorage {
  return {
    prompts: new PromptRepository(shards),
    labels: new LabelRepository(shards),
    promotions: new PromotionRepository(shards),
    protections: new ProtectionRepository(shards),
  };
}

/** Binds the use cases of promotions to what they work with. */
export function bindPromotions(deps: PromotionDeps) {
  return {
    moveLabel: bind(moveLabel, deps),
    protectLabel: bind(protectLabel, deps),
    readProtection: bind(readProtection, deps),
    readPromotion: bind(readPromotion, deps),
    listPromotions: bind(listPromotions, deps),
    approvePromotion: bind(approvePromotion, deps),
    cancelPromotion: bind(cancelPromotion, deps),
    advancePromotion: bind(advancePromotion, deps),
    sweepPromotions: bind(sweepPromotions, deps),
  };
}
