CREATE TABLE `experiment_results` (
	`run_id` text NOT NULL,
	`position` integer NOT NULL,
	`result` text NOT NULL,
	PRIMARY KEY(`run_id`, `position`)
);
--> statement-breakpoint
CREATE TABLE `experiments` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`key_id` text NOT NULL,
	`plan` text NOT NULL,
	`status` text NOT NULL,
	`token` text,
	`lease_until` integer NOT NULL,
	`starts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	`spent_nanousd` integer DEFAULT 0 NOT NULL
);
--> statement-breakpoint
CREATE INDEX `experiments_open` ON `experiments` (`lease_until`) WHERE ended_at is null;--> statement-breakpoint
CREATE INDEX `experiments_by_age` ON `experiments` (`created_at`);--> statement-breakpoint
CREATE INDEX `experiments_by_tenant` ON `experiments` (`tenant_id`,`id`);--> statement-breakpoint
ALTER TABLE `test_runs` ADD `spent_nanousd` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `test_runs_by_tenant` ON `test_runs` (`tenant_id`,`id`);