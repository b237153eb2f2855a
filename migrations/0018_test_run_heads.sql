CREATE TABLE `test_inputs` (
	`run_id` text NOT NULL,
	`position` integer NOT NULL,
	`input_hash` text NOT NULL,
	PRIMARY KEY(`run_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `test_inputs_by_hash` ON `test_inputs` (`input_hash`);--> statement-breakpoint
CREATE TABLE `test_run_heads` (
	`run_id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`prompt` text NOT NULL,
	`version` integer NOT NULL,
	`status` text NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	`counts` text
);
--> statement-breakpoint
CREATE INDEX `test_run_heads_by_prompt` ON `test_run_heads` (`tenant_id`,`prompt`,`run_id`);--> statement-breakpoint
INSERT INTO `test_run_heads` (`run_id`, `tenant_id`, `prompt`, `version`, `status`, `created_at`, `ended_at`)
SELECT `id`, `tenant_id`, `plan` ->> '$.prompt.name', `plan` ->> '$.prompt.version', `status`, `created_at`, `ended_at` FROM `test_runs`;
