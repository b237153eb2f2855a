CREATE TABLE `experiment_heads` (
	`run_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`kind` text NOT NULL,
	`prompt` text NOT NULL,
	`status` text NOT NULL,
	`head` text NOT NULL,
	`counts` text,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `experiment_heads_by_tenant` ON `experiment_heads` (`tenant_id`,`kind`,`run_id`);--> statement-breakpoint
CREATE INDEX `experiment_heads_by_prompt` ON `experiment_heads` (`tenant_id`,`kind`,`prompt`,`run_id`);--> statement-breakpoint
CREATE INDEX `experiment_heads_by_status` ON `experiment_heads` (`tenant_id`,`kind`,`status`,`run_id`);--> statement-breakpoint
ALTER TABLE `batches` ADD `phase` text;--> statement-breakpoint
CREATE INDEX `batches_by_tenant` ON `batches` (`tenant_id`,`id`) WHERE kind = 'batch';--> statement-breakpoint
CREATE INDEX `batches_by_phase` ON `batches` (`tenant_id`,`phase`,`id`) WHERE kind = 'batch';--> statement-breakpoint
CREATE INDEX `prompt_tags_by_name` ON `prompt_tags` (`tenant_id`,`name`,`tag`);
--> statement-breakpoint
UPDATE `batches` SET `phase` = (CASE WHEN `batches`.`state` = 'cancelled' THEN 'cancelled' WHEN `batches`.`state` <> 'open' THEN null WHEN `batches`.`ended_at` is null THEN 'open' WHEN exists (select 1 from `batch_groups` where `batch_id` = `batches`.`id` and `succeeded` + `cancelled` > 0) THEN 'completed' ELSE 'failed' END) WHERE `kind` = 'batch';
--> statement-breakpoint
CREATE TRIGGER `batches_phase` AFTER UPDATE OF `state`, `ended_at` ON `batches` WHEN new.`kind` = 'batch' AND (new.`state` <> old.`state` OR (new.`ended_at` IS NULL) <> (old.`ended_at` IS NULL)) BEGIN UPDATE `batches` SET `phase` = (CASE WHEN new.`state` = 'cancelled' THEN 'cancelled' WHEN new.`state` <> 'open' THEN null WHEN new.`ended_at` is null THEN 'open' WHEN exists (select 1 from `batch_groups` where `batch_id` = new.`id` and `succeeded` + `cancelled` > 0) THEN 'completed' ELSE 'failed' END) WHERE `id` = new.`id`; END;
--> statement-breakpoint
INSERT INTO `experiment_heads` (`run_id`, `tenant_id`, `kind`, `prompt`, `status`, `head`, `created_at`, `ended_at`)
SELECT `id`, `tenant_id`, 'comparison', `plan` ->> '$.prompt', `status`,
  json_object('subjects', `plan` -> '$.subjects', 'inputs', json_array_length(`plan`, '$.cases'), 'repeat', `plan` -> '$.repeat', 'judged', json(CASE WHEN coalesce(json_type(`plan`, '$.judge'), 'null') = 'null' THEN 'false' ELSE 'true' END), 'total', json_array_length(`plan`, '$.execution_ids'), 'max_cost_nanousd', `plan` -> '$.max_cost_nanousd'),
  `created_at`, `ended_at` FROM `experiments` WHERE `id` GLOB 'cmp_*';
--> statement-breakpoint
INSERT INTO `experiment_heads` (`run_id`, `tenant_id`, `kind`, `prompt`, `status`, `head`, `created_at`, `ended_at`)
SELECT `id`, `tenant_id`, 'optimization', `plan` ->> '$.prompt.name', `status`,
  json_object('version', `plan` -> '$.prompt.version', 'goal', `plan` -> '$.goal', 'min_saving', `plan` -> '$.min_saving', 'margin', `plan` -> '$.margin', 'max_cost_nanousd', `plan` -> '$.max_cost_nanousd'),
  `created_at`, `ended_at` FROM `experiments` WHERE `id` GLOB 'opt_*';
