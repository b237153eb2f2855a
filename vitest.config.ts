import { defineConfig } from "vitest/config";

export default defineConfig({
  test: { name: "node", include: ["test/{domain,lib,providers,services,load}/**/*.test.ts", "test/*.test.ts"] },
});
