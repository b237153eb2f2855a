CREATE TABLE `batch_groups` (
	`batch_id` text NOT NULL,
	`number` integer NOT NULL,
	`tenant_id` text NOT NULL,
	`open` integer DEFAULT true NOT NULL,
	`queued` integer NOT NULL,
	`running` integer DEFAULT 0 NOT NULL,
	`succeeded` integer DEFAULT 0 NOT NULL,
	`failed` integer DEFAULT 0 NOT NULL,
	`cancelled` integer DEFAULT 0 NOT NULL,
	`cost_nanousd` integer DEFAULT 0 NOT NULL,
	`wake_at` integer NOT NULL,
	PRIMARY KEY(`batch_id`, `number`)
);
--> statement-breakpoint
CREATE INDEX `batch_groups_open` ON `batch_groups` (`wake_at`) WHERE open = 1;--> statement-breakpoint
CREATE INDEX `batch_groups_open_in_batch` ON `batch_groups` (`batch_id`) WHERE open = 1;--> statement-breakpoint
CREATE TABLE `batch_items` (
	`batch_id` text NOT NULL,
	`position` integer NOT NULL,
	`group_number` integer,
	`same_as` integer,
	`copies` integer DEFAULT 1 NOT NULL,
	`custom_id` text,
	`variables` text,
	`execution_id` text,
	`state` text NOT NULL,
	`lease` text,
	`lease_until` integer,
	`not_before` integer DEFAULT 0 NOT NULL,
	`starts` integer DEFAULT 0 NOT NULL,
	`failures` integer DEFAULT 0 NOT NULL,
	`reserved_nanousd` integer DEFAULT 0 NOT NULL,
	`cost_nanousd` integer DEFAULT 0 NOT NULL,
	`error` text,
	PRIMARY KEY(`batch_id`, `position`)
);
--> statement-breakpoint
CREATE INDEX `batch_items_by_group` ON `batch_items` (`batch_id`,`group_number`,`state`);--> statement-breakpoint
CREATE INDEX `batch_items_running` ON `batch_items` (`batch_id`) WHERE state = 'running';--> statement-breakpoint
CREATE INDEX `batch_items_copies` ON `batch_items` (`batch_id`,`same_as`) WHERE same_as is not null;--> statement-breakpoint
CREATE TABLE `batches` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`key_id` text NOT NULL,
	`kind` text NOT NULL,
	`lane` text NOT NULL,
	`mode` text NOT NULL,
	`state` text NOT NULL,
	`request` text,
	`max_cost_nanousd` integer,
	`webhook_url` text,
	`webhook_secret` text,
	`webhook_due_at` integer,
	`webhook_attempts` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `batches_uploading` ON `batches` (`created_at`) WHERE state = 'uploading';--> statement-breakpoint
CREATE INDEX `batches_webhook_due` ON `batches` (`webhook_due_at`) WHERE webhook_due_at is not null;