CREATE TABLE `tenant_prices` (
	`tenant_id` text NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`input` real NOT NULL,
	`output` real NOT NULL,
	`cached_input` real,
	`cache_write_5m` real,
	`cache_write_1h` real,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `provider`, `model`)
);
--> statement-breakpoint
ALTER TABLE `executions` ADD `billing` text;