CREATE TABLE `provider_batches` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`batch_id` text NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`key_name` text NOT NULL,
	`state` text NOT NULL,
	`provider_batch_id` text,
	`items` integer NOT NULL,
	`submits` integer DEFAULT 0 NOT NULL,
	`next_poll_at` integer NOT NULL,
	`submitted_at` integer,
	`cancel_sent_at` integer,
	`ended_at` integer,
	`error` text,
	`created_at` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `provider_batches_due` ON `provider_batches` (`next_poll_at`) WHERE state <> 'ended';--> statement-breakpoint
CREATE INDEX `provider_batches_open` ON `provider_batches` (`batch_id`) WHERE state <> 'ended';--> statement-breakpoint
CREATE INDEX `provider_batches_by_age` ON `provider_batches` (`created_at`);--> statement-breakpoint
CREATE INDEX `batches_at_providers` ON `batches` (`created_at`) WHERE mode = 'provider' and ended_at is null;