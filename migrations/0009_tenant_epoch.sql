ALTER TABLE `tenants` ADD `epoch` integer DEFAULT 0 NOT NULL;
--> statement-breakpoint
CREATE TRIGGER `provider_keys_insert_epoch` AFTER INSERT ON `provider_keys` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `provider_keys_update_epoch` AFTER UPDATE ON `provider_keys` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `provider_keys_delete_epoch` AFTER DELETE ON `provider_keys` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = old.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `tenant_prices_insert_epoch` AFTER INSERT ON `tenant_prices` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `tenant_prices_update_epoch` AFTER UPDATE ON `tenant_prices` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `tenant_prices_delete_epoch` AFTER DELETE ON `tenant_prices` BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = old.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `api_keys_insert_epoch` AFTER INSERT ON `api_keys` WHEN new.`daily_budget_usd` IS NOT NULL OR new.`monthly_budget_usd` IS NOT NULL BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
--> statement-breakpoint
CREATE TRIGGER `api_keys_update_epoch` AFTER UPDATE ON `api_keys` WHEN old.`daily_budget_usd` IS NOT NULL OR old.`monthly_budget_usd` IS NOT NULL OR new.`daily_budget_usd` IS NOT NULL OR new.`monthly_budget_usd` IS NOT NULL BEGIN UPDATE `tenants` SET `epoch` = max(`epoch` + 1, cast(unixepoch('subsec') * 1000 AS integer)) WHERE `id` = new.`tenant_id`; END;
