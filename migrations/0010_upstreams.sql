CREATE TABLE `upstreams` (
	`tenant_id` text NOT NULL,
	`name` text NOT NULL,
	`version` integer NOT NULL,
	`kind` text NOT NULL,
	`base_url` text NOT NULL,
	`headers` text,
	`header_names` text NOT NULL,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`)
);
--> statement-breakpoint
CREATE TRIGGER `upstreams_insert_epoch` AFTER INSERT ON `upstreams` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `upstreams_update_epoch` AFTER UPDATE ON `upstreams` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `upstreams_delete_epoch` AFTER DELETE ON `upstreams` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = old.`tenant_id`; END;
