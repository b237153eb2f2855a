CREATE TABLE `chain_label_moves` (
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
	`moved_at` integer NOT NULL,
	PRIMARY KEY(`tenant_id`, `name`, `label`, `position`)
);
