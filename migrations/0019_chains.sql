CREATE TABLE `chain_items` (
	`run_id` text NOT NULL,
	`step` text NOT NULL,
	`item` integer NOT NULL,
	`state` text NOT NULL,
	PRIMARY KEY(`run_id`, `step`, `item`)
);
--> statement-breakpoint
CREATE TABLE `chain_labels` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`label` text NOT NULL,
	`split` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`, `label`)
);
--> statement-breakpoint
CREATE TABLE `chain_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`key_id` text NOT NULL,
	`chain_name` text NOT NULL,
	`chain_version` integer NOT NULL,
	`chain_label` text,
	`lane` text NOT NULL,
	`plan` text NOT NULL,
	`status` text NOT NULL,
	`token` text,
	`lease_until` integer NOT NULL,
	`starts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `chain_runs_open` ON `chain_runs` (`tenant_id`,`lane`,`lease_until`) WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX `chain_runs_by_tenant` ON `chain_runs` (`tenant_id`,"id" desc);--> statement-breakpoint
CREATE INDEX `chain_runs_ended` ON `chain_runs` (`ended_at`) WHERE ended_at is not null;--> statement-breakpoint
CREATE TABLE `chain_versions` (
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
CREATE TABLE `chains` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`latest_version` integer NOT NULL,
	`latest_hash` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	`deleted_at` integer,
	PRIMARY KEY(`tenant_id`, `name`)
);
