CREATE TABLE `bucket_guards` (
	`bucket` integer PRIMARY KEY NOT NULL,
	`state` text NOT NULL,
	`peer` text NOT NULL,
	`epoch` integer NOT NULL,
	`token` text NOT NULL,
	`until` integer NOT NULL
);
--> statement-breakpoint
CREATE TABLE `foreign_tenants` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`epoch` integer NOT NULL
);
--> statement-breakpoint
CREATE INDEX `foreign_tenants_by_epoch` ON `foreign_tenants` (`epoch`);--> statement-breakpoint
CREATE TABLE `shard_changes` (
	`seq` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`table_name` text NOT NULL,
	`key` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `shard_fences` (
	`epoch` integer PRIMARY KEY NOT NULL,
	`token` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `shard_moves` (
	`epoch` integer PRIMARY KEY AUTOINCREMENT NOT NULL,
	`source` text NOT NULL,
	`target` text NOT NULL,
	`buckets` text NOT NULL,
	`state` text NOT NULL,
	`position` text DEFAULT '{}' NOT NULL,
	`token` text,
	`lease_until` integer DEFAULT 0 NOT NULL,
	`cancel_requested` integer DEFAULT false NOT NULL,
	`rows_copied` integer DEFAULT 0 NOT NULL,
	`rows_verified` integer DEFAULT 0 NOT NULL,
	`rows_recopied` integer DEFAULT 0 NOT NULL,
	`rows_deleted` integer DEFAULT 0 NOT NULL,
	`closings` integer DEFAULT 0 NOT NULL,
	`closed_ms` integer,
	`checksum` text,
	`detail` text,
	`created_at` integer NOT NULL,
	`flipped_at` integer,
	`ended_at` integer
);
--> statement-breakpoint
CREATE INDEX `shard_moves_open` ON `shard_moves` (`epoch`) WHERE ended_at is null;