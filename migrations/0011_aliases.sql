CREATE TABLE `prompt_aliases` (
	`tenant_id` text NOT NULL,
	`alias` text NOT NULL,
	`prompt` text NOT NULL,
	`version` integer,
	`label` text,
	`created_at` integer NOT NULL,
	`updated_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `alias`)
);
