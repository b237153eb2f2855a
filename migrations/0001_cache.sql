ALTER TABLE `executions` ADD `cached` text;--> statement-breakpoint
ALTER TABLE `executions` ADD `saved_nanousd` integer;--> statement-breakpoint
ALTER TABLE `prompts` ADD `cache_epoch` integer DEFAULT 0 NOT NULL;