CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`scopes` text NOT NULL,
	`digest` text NOT NULL,
	`previous_digest` text,
	`previous_expires_at` integer,
	`expires_at` integer,
	`revoked_at` integer,
	`daily_budget_usd` real,
	`monthly_budget_usd` real,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `api_keys_by_tenant` ON `api_keys` (`tenant_id`,`id`);--> statement-breakpoint
CREATE TABLE `executions` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`key_id` text NOT NULL,
	`status` text NOT NULL,
	`prompt_name` text NOT NULL,
	`prompt_version` integer NOT NULL,
	`prompt_label` text,
	`provider` text,
	`model` text,
	`output` text,
	`output_truncated` integer DEFAULT false NOT NULL,
	`output_json` text,
	`finish_reason` text,
	`prompt_tokens` integer NOT NULL,
	`completion_tokens` integer NOT NULL,
	`cached_tokens` integer DEFAULT 0 NOT NULL,
	`usage_estimated` integer DEFAULT false NOT NULL,
	`cost_nanousd` integer,
	`price_table` text,
	`latency_ms` integer NOT NULL,
	`attempts` integer NOT NULL,
	`error` text,
	`end_user` text,
	`metadata` text,
	`feedback_score` real,
	`feedback_comment` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `executions_by_tenant` ON `executions` (`tenant_id`,"id" desc);--> statement-breakpoint
CREATE INDEX `executions_by_prompt` ON `executions` (`tenant_id`,`prompt_name`,"id" desc);--> statement-breakpoint
CREATE TABLE `prompt_labels` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`label` text NOT NULL,
	`split` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`, `label`)
);
--> statement-breakpoint
CREATE TABLE `prompt_tags` (
	`tenant_id` text NOT NULL,
	`tag` text NOT NULL,
	`name` text NOT NULL,
	PRIMARY KEY(`tenant_id`, `tag`, `name`)
);
--> statement-breakpoint
CREATE TABLE `prompt_versions` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`content_hash` text NOT NULL,
	`format` text NOT NULL,
	`source` text NOT NULL,
	`definition` text NOT NULL,
	`warnings` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`, `version`)
);
--> statement-breakpoint
CREATE TABLE `prompts` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`latest_version` integer NOT NULL,
	`latest_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	PRIMARY KEY(`tenant_id`, `name`)
);
--> statement-breakpoint
CREATE TABLE `provider_keys` (
	`tenant_id` text NOT NULL,
	`provider` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`ciphertext` text NOT NULL,
	`hint` text NOT NULL,
	`weight` integer DEFAULT 1 NOT NULL,
	`rpm` integer,
	`tpm` integer,
	`max_concurrency` integer,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `provider`, `name`)
);
--> statement-breakpoint
CREATE TABLE `tenants` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`wrapped_data_key` text NOT NULL,
	`created_at` integer NOT NULL
);
