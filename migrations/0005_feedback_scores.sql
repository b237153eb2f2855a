CREATE TABLE `feedback_scores` (
	`tenant_id` text NOT NULL,
	`prompt_name` text NOT NULL,
	`model` text NOT NULL,
	`count` integer NOT NULL,
	`sum` real NOT NULL,
	PRIMARY KEY(`tenant_id`, `prompt_name`, `model`)
) WITHOUT ROWID;
