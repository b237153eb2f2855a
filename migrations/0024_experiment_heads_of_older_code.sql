-- Code from before 0023 starts and ends experiments without their heads.
CREATE TRIGGER `experiments_insert_comparison` AFTER INSERT ON `experiments` WHEN new.`id` GLOB 'cmp_*' BEGIN INSERT INTO `experiment_heads` (`run_id`, `tenant_id`, `kind`, `prompt`, `status`, `head`, `created_at`, `ended_at`) SELECT new.`id`, new.`tenant_id`, 'comparison', new.`plan` ->> '$.prompt', new.`status`, json_object('subjects', new.`plan` -> '$.subjects', 'inputs', json_array_length(new.`plan`, '$.cases'), 'repeat', new.`plan` -> '$.repeat', 'judged', json((CASE WHEN coalesce(json_type(new.`plan`, '$.judge'), 'null') = 'null' THEN 'false' ELSE 'true' END)), 'total', json_array_length(new.`plan`, '$.execution_ids'), 'max_cost_nanousd', new.`plan` -> '$.max_cost_nanousd'), new.`created_at`, new.`ended_at` WHERE NOT EXISTS (SELECT 1 FROM `experiment_heads` WHERE `run_id` = new.`id`); END;
--> statement-breakpoint
CREATE TRIGGER `experiments_insert_optimization` AFTER INSERT ON `experiments` WHEN new.`id` GLOB 'opt_*' BEGIN INSERT INTO `experiment_heads` (`run_id`, `tenant_id`, `kind`, `prompt`, `status`, `head`, `created_at`, `ended_at`) SELECT new.`id`, new.`tenant_id`, 'optimization', new.`plan` ->> '$.prompt.name', new.`status`, json_object('version', new.`plan` -> '$.prompt.version', 'goal', new.`plan` -> '$.goal', 'min_saving', new.`plan` -> '$.min_saving', 'margin', new.`plan` -> '$.margin', 'max_cost_nanousd', new.`plan` -> '$.max_cost_nanousd'), new.`created_at`, new.`ended_at` WHERE NOT EXISTS (SELECT 1 FROM `experiment_heads` WHERE `run_id` = new.`id`); END;
--> statement-breakpoint
CREATE TRIGGER `experiments_update_head` AFTER UPDATE OF `status`, `ended_at` ON `experiments` WHEN old.`ended_at` IS NULL AND new.`ended_at` IS NOT NULL BEGIN UPDATE `experiment_heads` SET `status` = new.`status`, `ended_at` = new.`ended_at` WHERE `run_id` = new.`id` AND `ended_at` IS NULL; END;
--> statement-breakpoint
INSERT INTO `experiment_heads` (`run_id`, `tenant_id`, `kind`, `prompt`, `status`, `head`, `created_at`, `ended_at`)
SELECT `id`, `tenant_id`, 'comparison', `plan` ->> '$.prompt', `status`, json_object('subjects', `plan` -> '$.subjects', 'inputs', json_array_length(`plan`, '$.cases'), 'repeat', `plan` -> '$.repeat', 'judged', json((CASE WHEN coalesce(json_type(`plan`, '$.judge'), 'null') = 'null' THEN 'false' ELSE 'true' END)), 'total', json_array_length(`plan`, '$.execution_ids'), 'max_cost_nanousd', `plan` -> '$.max_cost_nanousd'), `created_at`, `ended_at` FROM `experiments`
WHERE `id` GLOB 'cmp_*' AND `id` NOT IN (SELECT `run_id` FROM `experiment_heads`);
--> statement-breakpoint
INSERT INTO `experiment_heads` (`run_id`, `tenant_id`, `kind`, `prompt`, `status`, `head`, `created_at`, `ended_at`)
SELECT `id`, `tenant_id`, 'optimization', `plan` ->> '$.prompt.name', `status`, json_object('version', `plan` -> '$.prompt.version', 'goal', `plan` -> '$.goal', 'min_saving', `plan` -> '$.min_saving', 'margin', `plan` -> '$.margin', 'max_cost_nanousd', `plan` -> '$.max_cost_nanousd'), `created_at`, `ended_at` FROM `experiments`
WHERE `id` GLOB 'opt_*' AND `id` NOT IN (SELECT `run_id` FROM `experiment_heads`);
--> statement-breakpoint
UPDATE `experiment_heads` SET `status` = e.`status`, `ended_at` = e.`ended_at` FROM `experiments` AS e
WHERE e.`id` = `run_id` AND e.`ended_at` IS NOT NULL AND `experiment_heads`.`ended_at` IS NULL;
