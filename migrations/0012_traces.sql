CREATE TABLE `tenant_telemetry` (
	`tenant_id` text PRIMARY KEY NOT NULL,
	`version` integer NOT NULL,
	`otlp_endpoint` text NOT NULL,
	`headers` text NOT NULL,
	`header_names` text NOT NULL,
	`sample` real NOT NULL,
	`content` integer NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL
);
--> statement-breakpoint
ALTER TABLE `webhook_deliveries` ADD `traceparent` text;--> statement-breakpoint
CREATE TRIGGER `tenant_telemetry_insert_epoch` AFTER INSERT ON `tenant_telemetry` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `tenant_telemetry_update_epoch` AFTER UPDATE ON `tenant_telemetry` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `tenant_telemetry_delete_epoch` AFTER DELETE ON `tenant_telemetry` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = old.`tenant_id`; END;
