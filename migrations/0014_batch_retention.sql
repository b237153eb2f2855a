CREATE TABLE `tenant_backlogs` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`bytes` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `batches` ADD `asked` text;--> statement-breakpoint
ALTER TABLE `batches` ADD `open_bytes` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `batches_ended` ON `batches` (`kind`,`ended_at`) WHERE ended_at is not null and webhook_due_at is null;
--> statement-breakpoint
CREATE TRIGGER `batches_update_backlog` AFTER UPDATE OF `ended_at`, `open_bytes` ON `batches` WHEN (new.`ended_at` IS NULL) * new.`open_bytes` <> (old.`ended_at` IS NULL) * old.`open_bytes` BEGIN INSERT INTO `tenant_backlogs` (`tenant_id`, `bytes`) VALUES (new.`tenant_id`, (new.`ended_at` IS NULL) * new.`open_bytes` - (old.`ended_at` IS NULL) * old.`open_bytes`) ON CONFLICT (`tenant_id`) DO UPDATE SET `bytes` = `bytes` + excluded.`bytes`; END;
--> statement-breakpoint
CREATE TRIGGER `batches_delete_backlog` AFTER DELETE ON `batches` WHEN old.`ended_at` IS NULL AND old.`open_bytes` > 0 BEGIN UPDATE `tenant_backlogs` SET `bytes` = `bytes` - old.`open_bytes` WHERE `tenant_id` = old.`tenant_id`; END;
