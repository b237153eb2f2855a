CREATE TABLE `label_moves` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`label` text NOT NULL,
	`position` integer NOT NULL,
	`id` text NOT NULL,
	`key_id` text,
	`cause` text NOT NULL,
	`from_split` text,
	`to_split` text,
	`reason` text,
	`promotion_id` text,
	`traceparent` text,
	`moved_at` integer NOT NULL,
	`untold_at` integer,
	PRIMARY KEY(`tenant_id`, `name`, `label`, `position`)
);
--> statement-breakpoint
CREATE UNIQUE INDEX `label_moves_by_id` ON `label_moves` (`id`);--> statement-breakpoint
CREATE INDEX `label_moves_untold` ON `label_moves` (`untold_at`) WHERE untold_at is not null;--> statement-breakpoint
CREATE TABLE `label_protections` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`label` text NOT NULL,
	`tests` integer NOT NULL,
	`compatible_variables` integer NOT NULL,
	`approvals` integer NOT NULL,
	`auto_rollback` text,
	`canary` text,
	`canary_due_at` integer,
	`key_id` text NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`, `label`)
);
--> statement-breakpoint
CREATE INDEX `label_protections_due` ON `label_protections` (`canary_due_at`) WHERE canary_due_at is not null;--> statement-breakpoint
CREATE TABLE `promotion_approvals` (
	`promotion_id` text NOT NULL,
	`key_id` text NOT NULL,
	`approved_at` integer NOT NULL,
	PRIMARY KEY(`promotion_id`, `key_id`)
);
--> statement-breakpoint
CREATE TABLE `promotions` (
	`id` text PRIMARY KEY NOT NULL,
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`label` text NOT NULL,
	`status` text NOT NULL,
	`key_id` text NOT NULL,
	`reason` text,
	`from_split` text,
	`to_split` text NOT NULL,
	`approvals` integer NOT NULL,
	`checks` text NOT NULL,
	`test_pairs` text NOT NULL,
	`created_at` integer NOT NULL,
	`ended_at` integer,
	`ended_by` text,
	`detail` text,
	`due_at` integer,
	`untold_at` integer,
	`traceparent` text
);
--> statement-breakpoint
CREATE UNIQUE INDEX `promotions_pending` ON `promotions` (`tenant_id`,`name`,`label`) WHERE status = 'pending';--> statement-breakpoint
CREATE INDEX `promotions_by_tenant` ON `promotions` (`tenant_id`,"id" desc);--> statement-breakpoint
CREATE INDEX `promotions_due` ON `promotions` (`due_at`) WHERE due_at is not null;--> statement-breakpoint
CREATE INDEX `promotions_untold` ON `promotions` (`untold_at`) WHERE untold_at is not null;