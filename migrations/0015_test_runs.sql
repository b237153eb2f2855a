CREATE TABLE `test_results` (
	`run_id` text NOT NULL,
	`position` integer NOT NULL,
	`result` text NOT NULL,
	PRIMARY KEY(`run_id`, `position`)
);
--> statement-breakpoint
CREATE TABLE `test_runs` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`key_id` text NOT NULL,
	`plan` text NOT NULL,
	`status` text NOT NULL,
	`token` text,
	`lease_until` integer NOT NULL,
	`starts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `test_runs_open` ON `test_runs` (`lease_until`) WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX `test_runs_by_age` ON `test_runs` (`created_at`);