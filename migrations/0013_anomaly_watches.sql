CREATE TABLE `anomaly_watches` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`due_at` integer NOT NULL,
	`told` text DEFAULT '[]' NOT NULL
);
--> statement-breakpoint
CREATE INDEX `anomaly_watches_due` ON `anomaly_watches` (`due_at`);--> statement-breakpoint
INSERT INTO `anomaly_watches` (`tenant_id`, `due_at`) SELECT DISTINCT `tenant_id`, 0 FROM `webhooks` WHERE `events` LIKE '%"anomaly.detected"%';
--> statement-breakpoint
CREATE TRIGGER `webhooks_insert_watch` AFTER INSERT ON `webhooks` WHEN new.`events` LIKE '%"anomaly.detected"%' BEGIN INSERT OR IGNORE INTO `anomaly_watches` (`tenant_id`, `due_at`) VALUES (new.`tenant_id`, 0); END;
--> statement-breakpoint
CREATE TRIGGER `webhooks_update_watch` AFTER UPDATE ON `webhooks` WHEN new.`events` LIKE '%"anomaly.detected"%' BEGIN INSERT OR IGNORE INTO `anomaly_watches` (`tenant_id`, `due_at`) VALUES (new.`tenant_id`, 0); END;
