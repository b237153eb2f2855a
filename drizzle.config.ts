import { defineConfig } from "drizzle-kit";

/** One series of migrations; every shard gets the same. */
export default defineConfig({ dialect: "sqlite", schema: "./src/storage/schema.ts", out: "./migrations" });
