ALTER TABLE `batch_groups` ADD `lane` text;--> statement-breakpoint
ALTER TABLE `batch_groups` ADD `waiting` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `batch_groups` ADD `turn` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `batch_groups_in_line` ON `batch_groups` (`waiting`,`tenant_id`,`lane`,`turn`) WHERE open = 1;