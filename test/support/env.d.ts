/// <reference types="@cloudflare/vitest-plugin/types" />
/// <reference types="vite/types/importMeta.d.ts" />

declare namespace Cloudflare {
  interface Env {
    MOCK_URL: string;
    /** What `readD1Migrations` read; `applyD1Migrations` takes it. */
    MIGRATIONS: { name: string; queries: string[] }[];
  }
  interface GlobalProps {
    mainModule: { default: { fetch(request: Request): Promise<Response> } };
  }
}
