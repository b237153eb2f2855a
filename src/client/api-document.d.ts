/**
 * Every operation of the API with what it takes and what it answers, by method and path. Made of
 * /openapi.json by `npm run client:generate`; do not edit.
 */
export interface Operations {
  /** Whether the Worker runs; touches no storage */
  "GET /health": { request: {}; replies: { "200": { status: "ok" } } };
  /** Whether every shard, KV and the objects answer */
  "GET /ready": {
    request: {};
    replies: { "200": { status: "ready" | "degraded"; checks: Record<string, "ok" | "failed"> } };
  };
  /** Create a tenant and its first key */
  "POST /v1/tenants": {
    request: {
      body: {
        name: string;
        /** Where its Durable Objects stay, for ever. It moves no database, KV, R2 or queue of the deployment */
        jurisdiction?: "eu";
      };
    };
    replies: {
      "201": {
        tenant: { id: string; name: string; created_at: string };
        key: {
          id: string;
          name: string;
          scopes: Array<
            | "prompts:read"
            | "prompts:write"
            | "prompts:approve"
            | "executions:write"
            | "executions:read"
            | "usage:read"
            | "priority:high"
            | "admin"
          >;
          created_at: string;
          expires_at: string | null;
          previous_secret_expires_at: string | null;
          daily_budget_usd: number | null;
          monthly_budget_usd: number | null;
          secret: string;
        };
      };
    };
  };
  /** Create a key */
  "POST /v1/keys": {
    request: {
      body: {
        name: string;
        scopes: Array<
          | "prompts:read"
          | "prompts:write"
          | "prompts:approve"
          | "executions:write"
          | "executions:read"
          | "usage:read"
          | "priority:high"
          | "admin"
        >;
        expires_at?: string;
        daily_budget_usd?: number;
        monthly_budget_usd?: number;
      };
    };
    replies: {
      "201": {
        id: string;
        name: string;
        scopes: Array<
          | "prompts:read"
          | "prompts:write"
          | "prompts:approve"
          | "executions:write"
          | "executions:read"
          | "usage:read"
          | "priority:high"
          | "admin"
        >;
        created_at: string;
        expires_at: string | null;
        previous_secret_expires_at: string | null;
        daily_budget_usd: number | null;
        monthly_budget_usd: number | null;
        secret: string;
      };
    };
  };
  /** List the live keys, newest first */
  "GET /v1/keys": {
    request: { query?: { limit?: number; cursor?: string } };
    replies: {
      "200": {
        data: Array<{
          id: string;
          name: string;
          scopes: Array<
            | "prompts:read"
            | "prompts:write"
            | "prompts:approve"
            | "executions:write"
            | "executions:read"
            | "usage:read"
            | "priority:high"
            | "admin"
          >;
          created_at: string;
          expires_at: string | null;
          previous_secret_expires_at: string | null;
          daily_budget_usd: number | null;
          monthly_budget_usd: number | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Give a key a new secret; the old one stays good for `overlap_seconds` (a day by default, 0 ends it at once) */
  "POST /v1/keys/{id}/rotate": {
    request: { path: { id: string }; body?: { overlap_seconds?: number } };
    replies: {
      "200": {
        id: string;
        name: string;
        scopes: Array<
          | "prompts:read"
          | "prompts:write"
          | "prompts:approve"
          | "executions:write"
          | "executions:read"
          | "usage:read"
          | "priority:high"
          | "admin"
        >;
        created_at: string;
        expires_at: string | null;
        previous_secret_expires_at: string | null;
        daily_budget_usd: number | null;
        monthly_budget_usd: number | null;
        secret: string;
      };
    };
  };
  /** Revoke a key */
  "DELETE /v1/keys/{id}": { request: { path: { id: string } }; replies: { "204": undefined } };
  /** Sign in: begin a session of 12 hours, or until the key expires */
  "POST /v1/session": {
    request: { body: { key: string } };
    replies: {
      "200": {
        tenant: { id: string; name: string };
        key: {
          id: string;
          name: string;
          scopes: Array<
            | "prompts:read"
            | "prompts:write"
            | "prompts:approve"
            | "executions:write"
            | "executions:read"
            | "usage:read"
            | "priority:high"
            | "admin"
          >;
        };
        /** Null for a key that does not expire, where no session was begun */
        expires_at: string | null;
      };
    };
  };
  /** Who is signed in, by a session's cookie or by a key */
  "GET /v1/session": {
    request: {};
    replies: {
      "200": {
        tenant: { id: string; name: string };
        key: {
          id: string;
          name: string;
          scopes: Array<
            | "prompts:read"
            | "prompts:write"
            | "prompts:approve"
            | "executions:write"
            | "executions:read"
            | "usage:read"
            | "priority:high"
            | "admin"
          >;
        };
        /** Null for a key that does not expire, where no session was begun */
        expires_at: string | null;
      };
    };
  };
  /** Sign out: the browser forgets the session's cookie */
  "DELETE /v1/session": { request: {}; replies: { "204": undefined } };
  /** Set an upstream of the tenant's own */
  "PUT /v1/providers/{name}": {
    request: {
      path: { name: string };
      body: {
        /** The provider whose wire format the upstream speaks */
        kind: "openai" | "anthropic";
        /** Its origin is one that the deployment allows */
        base_url: string;
        /** Sent with each call; stored encrypted */
        headers?: Record<string, string>;
      };
    };
    replies: {
      "200": {
        name: string;
        /** The provider whose wire format the upstream speaks */
        kind: "openai" | "anthropic";
        base_url: string;
        /** Their names; values are not shown */
        headers: Array<string>;
        created_at: string;
        updated_at: string;
      };
      "201": {
        name: string;
        /** The provider whose wire format the upstream speaks */
        kind: "openai" | "anthropic";
        base_url: string;
        /** Their names; values are not shown */
        headers: Array<string>;
        created_at: string;
        updated_at: string;
      };
    };
  };
  /** Read an upstream */
  "GET /v1/providers/{name}": {
    request: { path: { name: string } };
    replies: {
      "200": {
        name: string;
        /** The provider whose wire format the upstream speaks */
        kind: "openai" | "anthropic";
        base_url: string;
        /** Their names; values are not shown */
        headers: Array<string>;
        created_at: string;
        updated_at: string;
      };
    };
  };
  /** Delete an upstream with its keys and prices */
  "DELETE /v1/providers/{name}": { request: { path: { name: string } }; replies: { "204": undefined } };
  /** List the tenant's upstreams */
  "GET /v1/providers": {
    request: {};
    replies: {
      "200": {
        data: Array<{
          name: string;
          /** The provider whose wire format the upstream speaks */
          kind: "openai" | "anthropic";
          base_url: string;
          /** Their names; values are not shown */
          headers: Array<string>;
          created_at: string;
          updated_at: string;
        }>;
        next_cursor: null;
      };
    };
  };
  /** Store a provider's key, encrypted */
  "PUT /v1/providers/{provider}/keys/{name}": {
    request: {
      path: {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        name: string;
      };
      body: { api_key: string; weight?: number; rpm?: number; tpm?: number; max_concurrency?: number };
    };
    replies: {
      "200": {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        name: string;
        /** Redacted: the last four characters */
        api_key: string;
        weight: number;
        rpm: number | null;
        tpm: number | null;
        max_concurrency: number | null;
        created_at: string;
        updated_at: string;
      };
      "201": {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        name: string;
        /** Redacted: the last four characters */
        api_key: string;
        weight: number;
        rpm: number | null;
        tpm: number | null;
        max_concurrency: number | null;
        created_at: string;
        updated_at: string;
      };
    };
  };
  /** Read a provider's key, redacted */
  "GET /v1/providers/{provider}/keys/{name}": {
    request: {
      path: {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        name: string;
      };
    };
    replies: {
      "200": {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        name: string;
        /** Redacted: the last four characters */
        api_key: string;
        weight: number;
        rpm: number | null;
        tpm: number | null;
        max_concurrency: number | null;
        created_at: string;
        updated_at: string;
      };
    };
  };
  /** Delete a provider's key */
  "DELETE /v1/providers/{provider}/keys/{name}": {
    request: {
      path: {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        name: string;
      };
    };
    replies: { "204": undefined };
  };
  /** List a provider's keys, redacted */
  "GET /v1/providers/{provider}/keys": {
    request: {
      path: {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
      };
    };
    replies: {
      "200": {
        data: Array<{
          /** A built-in provider, or an upstream of the tenant's own */
          provider: string;
          name: string;
          /** Redacted: the last four characters */
          api_key: string;
          weight: number;
          rpm: number | null;
          tpm: number | null;
          max_concurrency: number | null;
          created_at: string;
          updated_at: string;
        }>;
        next_cursor: null;
      };
    };
  };
  /** Set what the tenant pays for a model */
  "PUT /v1/prices/{provider}/{model}": {
    request: {
      path: {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        model: string;
      };
      body: {
        input: number;
        output: number;
        cached_input?: number;
        cache_write_5m?: number;
        cache_write_1h?: number;
        per: "1M";
      };
    };
    replies: {
      "200": {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        model: string;
        /** `tenant`: the tenant's own price, which comes before the list */
        source: "tenant" | "list";
        /** The table that the price stands in, with its date */
        table: string;
        per: "1M";
        input: number;
        output: number;
        cached_input: number;
        /** Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI */
        cache_write_5m: number;
        /** Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known */
        cache_write_1h: number | null;
        /** The rates of all tokens of a call whose prompt has more tokens than this */
        longer_prompts: Array<{
          input: number;
          output: number;
          cached_input: number;
          /** Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI */
          cache_write_5m: number;
          /** Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known */
          cache_write_1h: number | null;
          above_tokens: number;
        }>;
      };
      "201": {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        model: string;
        /** `tenant`: the tenant's own price, which comes before the list */
        source: "tenant" | "list";
        /** The table that the price stands in, with its date */
        table: string;
        per: "1M";
        input: number;
        output: number;
        cached_input: number;
        /** Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI */
        cache_write_5m: number;
        /** Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known */
        cache_write_1h: number | null;
        /** The rates of all tokens of a call whose prompt has more tokens than this */
        longer_prompts: Array<{
          input: number;
          output: number;
          cached_input: number;
          /** Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI */
          cache_write_5m: number;
          /** Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known */
          cache_write_1h: number | null;
          above_tokens: number;
        }>;
      };
    };
  };
  /** Return to the list price of a model */
  "DELETE /v1/prices/{provider}/{model}": {
    request: {
      path: {
        /** A built-in provider, or an upstream of the tenant's own */
        provider: string;
        model: string;
      };
    };
    replies: { "204": undefined };
  };
  /** The tenant's own prices, or the price that applies to a model */
  "GET /v1/prices": {
    request: {
      query?: {
        /** A model's name; then the list has the price that applies */
        model?: string;
      };
    };
    replies: {
      "200": {
        data: Array<{
          /** A built-in provider, or an upstream of the tenant's own */
          provider: string;
          model: string;
          /** `tenant`: the tenant's own price, which comes before the list */
          source: "tenant" | "list";
          /** The table that the price stands in, with its date */
          table: string;
          per: "1M";
          input: number;
          output: number;
          cached_input: number;
          /** Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI */
          cache_write_5m: number;
          /** Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known */
          cache_write_1h: number | null;
          /** The rates of all tokens of a call whose prompt has more tokens than this */
          longer_prompts: Array<{
            input: number;
            output: number;
            cached_input: number;
            /** Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI */
            cache_write_5m: number;
            /** Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known */
            cache_write_1h: number | null;
            above_tokens: number;
          }>;
        }>;
        next_cursor: null;
      };
    };
  };
  /** Publish a version of a prompt */
  "PUT /v1/prompts/{name}": {
    request: {
      path: { name: string };
      headers?: {
        /** The newest version must be this one, such as `"3"` */
        "if-match"?: string;
      };
      body: string | Record<string, unknown>;
    };
    replies: {
      "200": {
        version: number;
        content_hash: string;
        created_at: string;
        warnings: Array<string>;
        name: string;
        labels: Array<string>;
        includes: Array<{ name: string; version: number }>;
      };
      "201": {
        version: number;
        content_hash: string;
        created_at: string;
        warnings: Array<string>;
        name: string;
        labels: Array<string>;
        includes: Array<{ name: string; version: number }>;
      };
    };
  };
  /** Read a version; `Accept: application/yaml` gives the file back */
  "GET /v1/prompts/{name}": {
    request: { path: { name: string }; query?: { version?: number; label?: string } };
    replies: {
      "200": {
        version: number;
        content_hash: string;
        created_at: string;
        warnings: Array<string>;
        name: string;
        labels: Array<string>;
        includes: Array<{ name: string; version: number }>;
        definition: { messages: Array<unknown>; models: Array<string>; tags: Array<string> } & {
          [name: string]: unknown;
        };
      };
    };
  };
  /** Delete a prompt with all its versions and labels */
  "DELETE /v1/prompts/{name}": { request: { path: { name: string } }; replies: { "204": undefined } };
  /** List prompts by name */
  "GET /v1/prompts": {
    request: {
      query?: {
        limit?: number;
        cursor?: string;
        tag?: string;
        /** Only prompts that have this label */
        label?: string;
        /** The beginning of the names, such as a folder: `support/` */
        prefix?: string;
        /** Names with a slash after the prefix are told by their folders, in `prefixes` */
        delimiter?: "/";
      };
    };
    replies: {
      "200": {
        data: Array<{
          name: string;
          version: number;
          content_hash: string;
          tags: Array<string>;
          /** What its labels mean, without `latest`: the first 50 by name */
          labels: Array<{ version?: number; split?: Array<{ version: number; weight: number }>; label: string }>;
          created_at: string;
          updated_at: string;
        }>;
        next_cursor: string | null;
        /** With `delimiter`: the folders of this page, which count in `limit` */
        prefixes?: Array<string>;
      };
    };
  };
  /** List versions, newest first */
  "GET /v1/prompts/{name}/versions": {
    request: { path: { name: string }; query?: { limit?: number; cursor?: string } };
    replies: {
      "200": {
        data: Array<{ version: number; content_hash: string; created_at: string; warnings: Array<string> }>;
        next_cursor: string | null;
      };
    };
  };
  /** Render a prompt without calling a model */
  "POST /v1/prompts/{name}/render": {
    request: {
      path: { name: string };
      body?: { variables?: Record<string, unknown>; version?: number; label?: string };
    };
    replies: {
      "200": {
        messages: Array<{ role: string; content?: unknown } & { [name: string]: unknown }>;
        tools?: Array<{ name: string } & { [name: string]: unknown }>;
        estimated_tokens: number;
        version: number;
        /** The request of a whole answer from the prompt's first model; absent where none would be made */
        request?: {
          provider: string;
          model: string;
          /** Below the provider's base URL */
          path: string;
          headers: Record<string, string>;
          body: Record<string, unknown>;
        };
      };
    };
  };
  /** Point a label at a version, or split it among several */
  "PUT /v1/prompts/{name}/labels/{label}": {
    request: {
      path: {
        /** The prompt */
        name: string;
        /** The label */
        label: string;
      };
      headers?: {
        /** The label must mean this version alone, such as `"3"` */
        "if-match"?: string;
      };
      body:
        | {
            version: number;
            /** Why; it stands in the label's history */
            reason?: string;
          }
        | {
            split: Array<{ version: number; weight: number }>;
            /** Why; it stands in the label's history */
            reason?: string;
          };
    };
    replies: {
      "200": { version?: number; split?: Array<{ version: number; weight: number }>; name: string; label: string };
      "202": {
        promotion: {
          id: string;
          /** `promoted`: the label has moved */
          status: "pending" | "promoted" | "failed" | "cancelled";
          checks: Array<{
            name: "compatible_variables" | "tests" | "approvals";
            status: "pending" | "passed" | "failed";
            /** What was found */
            detail: string;
          }>;
          prompt: string;
          label: string;
          /** What the label meant; null where it was not set */
          from: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
          /** What it is to mean */
          to: { version?: number; split?: Array<{ version: number; weight: number }> };
          reason: string | null;
          /** The key that asked */
          asked_by: string;
          approvals: Array<{ key_id: string; approved_at: string }>;
          created_at: string;
          ended_at: string | null;
          /** The key that cancelled it, or changed the protection */
          ended_by: string | null;
          /** Why it ended, where its checks do not say it */
          detail: string | null;
        };
      };
    };
  };
  /** Delete a label of a prompt; its history stays */
  "DELETE /v1/prompts/{name}/labels/{label}": {
    request: {
      path: {
        /** The prompt */
        name: string;
        /** The label */
        label: string;
      };
      query?: {
        /** Why; it stands in the label's history */
        reason?: string;
      };
      headers?: {
        /** The label must mean this version alone, such as `"3"` */
        "if-match"?: string;
      };
    };
    replies: { "204": undefined };
  };
  /** List a prompt's labels by name; `latest` is not among them */
  "GET /v1/prompts/{name}/labels": {
    request: {
      path: {
        /** The prompt */
        name: string;
      };
      query?: { limit?: number; cursor?: string };
    };
    replies: {
      "200": {
        data: Array<{
          version?: number;
          split?: Array<{ version: number; weight: number }>;
          label: string;
          /** When it was moved last */
          updated_at: string;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** List who moved a label of a prompt when, from what to what, and why; newest first */
  "GET /v1/prompts/{name}/labels/{label}/history": {
    request: {
      path: {
        /** The prompt */
        name: string;
        /** The label */
        label: string;
      };
      query?: { limit?: number; cursor?: string };
    };
    replies: {
      "200": {
        data: Array<{
          /** The id of the API key; null where none moved it */
          who: string | null;
          /** When it was moved */
          when: string;
          /** What it meant before; null where it was not set */
          from: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
          /** What it means since; null where it was deleted */
          to: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
          /** The reason that was given */
          why: string | null;
          /** What moved it */
          cause:
            "set" | "rollback" | "promotion" | "automatic_rollback" | "deletion" | "prompt_deletion" | "chain_deletion";
          /** The promotion behind it */
          promotion: string | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Point a label of a prompt at what it meant before, even if it is protected */
  "POST /v1/prompts/{name}/labels/{label}/rollback": {
    request: {
      path: {
        /** The prompt */
        name: string;
        /** The label */
        label: string;
      };
      headers?: {
        /** The label must mean this version alone, such as `"3"` */
        "if-match"?: string;
      };
      body?: {
        /** Why; it stands in the label's history */
        reason?: string;
      };
    };
    replies: {
      "200": { version?: number; split?: Array<{ version: number; weight: number }>; name: string; label: string };
    };
  };
  /** Compare two versions of a prompt */
  "POST /v1/prompts/{name}/diff": {
    request: { path: { name: string }; body: { from: number | string; to: number | string } };
    replies: {
      "200": {
        changes: Array<{
          path: string;
          /** Absent on the side that does not have it */
          from?: unknown;
          /** Absent on the side that does not have it */
          to?: unknown;
        }>;
        variables: {
          added: Array<string>;
          removed: Array<string>;
          retyped: Array<{ name: string; from: string; to: string }>;
        };
        /** Whether callers of `from` can call `to` without a change */
        compatible: boolean;
      };
    };
  };
  /** Give a prompt another name */
  "PUT /v1/aliases/{alias}": {
    request: {
      path: {
        /** Percent-encoded; not `.` or `..` */
        alias: string;
      };
      body: { prompt: string; version?: number; label?: string };
    };
    replies: {
      "200": {
        alias: string;
        prompt: string;
        version?: number;
        label?: string;
        created_at: string;
        updated_at: string;
      };
      "201": {
        alias: string;
        prompt: string;
        version?: number;
        label?: string;
        created_at: string;
        updated_at: string;
      };
    };
  };
  /** Read an alias */
  "GET /v1/aliases/{alias}": {
    request: {
      path: {
        /** Percent-encoded; not `.` or `..` */
        alias: string;
      };
    };
    replies: {
      "200": {
        alias: string;
        prompt: string;
        version?: number;
        label?: string;
        created_at: string;
        updated_at: string;
      };
    };
  };
  /** Delete an alias; its prompt stays */
  "DELETE /v1/aliases/{alias}": {
    request: {
      path: {
        /** Percent-encoded; not `.` or `..` */
        alias: string;
      };
    };
    replies: { "204": undefined };
  };
  /** List the aliases in the order of their code points */
  "GET /v1/aliases": {
    request: { query?: { limit?: number; cursor?: string } };
    replies: {
      "200": {
        data: Array<{
          alias: string;
          prompt: string;
          version?: number;
          label?: string;
          created_at: string;
          updated_at: string;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** The gates to the providers, live: keys, limits, lanes and breakers */
  "GET /v1/gate": {
    request: {};
    replies: {
      "200": {
        data: Array<{
          provider: string;
          /** How a key is chosen among those with room */
          strategy: "least_busy" | "weighted" | "fastest";
          /** Calls at a time of all keys together, what is lent out included */
          concurrency: { limit: number | null; used: number };
          /** The same for test runs */
          tests: { limit: number | null; used: number };
          keys: Array<{
            name: string;
            /** Redacted: the last four characters */
            api_key: string;
            weight: number;
            status: "ok" | "cooling" | "parked";
            /** Why the provider refused the key */
            parked_for: "credentials" | "quota" | null;
            ready_in_ms: number;
            /** In the last minute, what is lent out included */
            requests: { limit: number | null; used: number };
            tokens: { limit: number | null; used: number };
            /** Calls at a time, what is lent out included */
            concurrency: { limit: number | null; used: number };
            ttft_ms: number | null;
            latency_ms: number | null;
            breakers: Array<{
              model: string;
              state: "closed" | "open" | "half_open";
              /** In a row, of the two that close it: checks while open, calls while half open */
              passes: number;
              /** Until the next check while open; null where none is awaited */
              check_in_ms: number | null;
              /** How long the model's own limit still rests it */
              cool_in_ms?: number;
            }>;
          }>;
          lanes: {
            high: { concurrency: number; in_flight: number; waiting: number; oldest_wait_ms: number };
            standard: { concurrency: number; in_flight: number; waiting: number; oldest_wait_ms: number };
            batch: { concurrency: number; in_flight: number; waiting: number; oldest_wait_ms: number };
          };
          leases: number;
        }>;
      };
    };
  };
  /** Execute a prompt */
  "POST /v1/executions": {
    request: {
      headers?: {
        /** The same key and body give the first result again for a day; 409 while the first runs */
        "idempotency-key"?: string;
        /** no-store, no-cache, max-age=N, only-if-cached */
        "cache-control"?: string;
        /** `continue`: a stream that its provider cuts goes on with another call, if that says the same so far */
        "x-pbt-stream-restart"?: "continue";
      };
      body: {
        version?: number;
        label?: string;
        variables?: Record<string, unknown>;
        /** A model's name, or `auto` */
        model?: string;
        /** Models in the order they are tried, in place of `model` */
        models?: Array<string>;
        parameters?: {
          temperature?: number;
          max_tokens?: number;
          top_p?: number;
          top_k?: number;
          stop?: string | Array<string>;
          seed?: number;
          frequency_penalty?: number;
          presence_penalty?: number;
          reasoning_effort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
          verbosity?: "low" | "medium" | "high";
          /** Anthropic's own object, or the number of tokens to think with */
          thinking?: number | ({ type: string } & { [name: string]: unknown });
          service_tier?: string;
          prompt_cache_key?: string;
          /** Sent to that provider as they are; `openai.api` chooses between OpenAI's two APIs */
          provider_options?: { openai?: Record<string, unknown>; anthropic?: Record<string, unknown> };
        };
        /** Continue the conversation after the prompt's own messages */
        messages?: Array<
          | {
              role: "user" | "developer" | "system";
              content:
                | string
                | Array<
                    | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                    | {
                        type: "image";
                        image: unknown;
                        detail?: "low" | "high" | "auto";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "file";
                        file: unknown;
                        filename?: string;
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "audio";
                        audio: unknown;
                        format?: "wav" | "mp3";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                  >;
            }
          | {
              role: "assistant";
              content?:
                | string
                | Array<
                    | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                    | {
                        type: "image";
                        image: unknown;
                        detail?: "low" | "high" | "auto";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "file";
                        file: unknown;
                        filename?: string;
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "audio";
                        audio: unknown;
                        format?: "wav" | "mp3";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                  >
                | null;
              tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
            }
          | {
              role: "tool";
              content:
                | string
                | Array<
                    | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                    | {
                        type: "image";
                        image: unknown;
                        detail?: "low" | "high" | "auto";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "file";
                        file: unknown;
                        filename?: string;
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "audio";
                        audio: unknown;
                        format?: "wav" | "mp3";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                  >;
              tool_call_id: string;
            }
        >;
        /** In place of the prompt's tools */
        tools?: Array<{ name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean }>;
        tool_choice?: "auto" | "none" | "required" | { name: string };
        parallel_tool_calls?: boolean;
        /** What else of the answer is wanted */
        include?: Array<"reasoning">;
        stream?: boolean;
        /** The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high` */
        priority?: "high" | "standard" | "batch";
        /** False: fail with 429 rather than wait for capacity */
        queue?: boolean;
        /** Accept now, execute later: 202, and the execution's address in `Location` */
        async?: boolean;
        /** False refuses stored answers; true asks for them where the prompt does not say */
        cache?: boolean;
        user?: string;
        metadata?: Record<string, string | number | boolean>;
        timeout_ms?: number;
        prompt: string;
      };
    };
    replies: {
      "200": {
        id: string;
        /** `unknown`: its end was never recorded, so it counts at what was reserved */
        status: "succeeded" | "failed" | "unknown";
        output: string | null;
        output_json?: unknown;
        /** The calls that the model asks for; `arguments` is JSON, or the raw text where it is none */
        tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
        /** The model's reasoning, with `include: ["reasoning"]` */
        reasoning?: string;
        /** The provider's id of the response, for `previous_response_id`; absent where it keeps none */
        response_id?: string;
        /** What the model was not sent, and why */
        warnings?: Array<string>;
        model: string | null;
        provider: string | null;
        usage: {
          prompt_tokens: number;
          completion_tokens: number;
          total_tokens: number;
          /** The part of `prompt_tokens` that the provider's cache served */
          cached_tokens?: number;
          /** The part of `prompt_tokens` that the provider's cache took in */
          cache_write_tokens?: number;
          /** The part of those that it keeps for longer */
          cache_write_1h_tokens?: number;
          /** The part of `completion_tokens` that is not in the answer */
          reasoning_tokens?: number;
          /** Heard and spoken */
          audio_tokens?: number;
          /** True where the provider sent no usage */
          estimated?: boolean;
        };
        cost_usd: number | null;
        /** `cost_usd` by line; absent where it is not known */
        cost?: {
          lines: Array<{
            kind:
              | "input"
              | "cached_input"
              | "cache_write_5m"
              | "cache_write_1h"
              | "audio_input"
              | "image_input"
              | "output"
              | "reasoning"
              | "audio_output"
              | "web_search";
            tokens: number;
            /** How often a tool was used that is billed by use */
            uses?: number;
            usd: number;
          }>;
          table: string | null;
          service_tier: string | null;
        };
        latency_ms: number;
        /** The tier that served the call */
        service_tier?: string;
        cached: false | "memory" | "edge" | "kv" | "flight";
        /** What the call would have cost that was not made */
        saved_usd?: number | null;
        /** Null for an execution without a stored prompt, from a drop-in door */
        prompt: { name: string; version: number; label: string | null } | null;
        finish_reason: string | null;
        attempts: number;
        /** How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of */
        routing?: { choice: "cheap" | "strong"; score: number; reasons: Array<string> };
      };
      "202": { id: string; status: "queued" };
    };
  };
  /** List executions, newest first */
  "GET /v1/executions": {
    request: {
      query?: {
        limit?: number;
        cursor?: string;
        prompt?: string;
        status?: "succeeded" | "failed" | "unknown";
        model?: string;
        /** The id of the API key that it was executed with */
        key?: string;
        from?: string;
        to?: string;
      };
    };
    replies: {
      "200": {
        data: Array<{
          id: string;
          /** `unknown`: its end was never recorded, so it counts at what was reserved */
          status: "succeeded" | "failed" | "unknown";
          output: string | null;
          output_json?: unknown;
          /** The calls that the model asks for; `arguments` is JSON, or the raw text where it is none */
          tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
          /** The model's reasoning, with `include: ["reasoning"]` */
          reasoning?: string;
          /** The provider's id of the response, for `previous_response_id`; absent where it keeps none */
          response_id?: string;
          /** What the model was not sent, and why */
          warnings?: Array<string>;
          model: string | null;
          provider: string | null;
          usage: {
            prompt_tokens: number;
            completion_tokens: number;
            total_tokens: number;
            /** The part of `prompt_tokens` that the provider's cache served */
            cached_tokens?: number;
            /** The part of `prompt_tokens` that the provider's cache took in */
            cache_write_tokens?: number;
            /** The part of those that it keeps for longer */
            cache_write_1h_tokens?: number;
            /** The part of `completion_tokens` that is not in the answer */
            reasoning_tokens?: number;
            /** Heard and spoken */
            audio_tokens?: number;
            /** True where the provider sent no usage */
            estimated?: boolean;
          };
          cost_usd: number | null;
          /** `cost_usd` by line; absent where it is not known */
          cost?: {
            lines: Array<{
              kind:
                | "input"
                | "cached_input"
                | "cache_write_5m"
                | "cache_write_1h"
                | "audio_input"
                | "image_input"
                | "output"
                | "reasoning"
                | "audio_output"
                | "web_search";
              tokens: number;
              /** How often a tool was used that is billed by use */
              uses?: number;
              usd: number;
            }>;
            table: string | null;
            service_tier: string | null;
          };
          latency_ms: number;
          /** The tier that served the call */
          service_tier?: string;
          cached: false | "memory" | "edge" | "kv" | "flight";
          /** What the call would have cost that was not made */
          saved_usd?: number | null;
          /** Null for an execution without a stored prompt, from a drop-in door */
          prompt: { name: string; version: number; label: string | null } | null;
          finish_reason: string | null;
          attempts: number;
          /** How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of */
          routing?: { choice: "cheap" | "strong"; score: number; reasons: Array<string> };
          created_at: string;
          /** True where only the beginning of `output` was kept */
          output_truncated: boolean;
          /** The price table, with its version, that `cost_usd` comes from */
          price_table: string | null;
          error: { code: string; detail: string } | null;
          user: string | null;
          metadata: Record<string, string | number | boolean> | null;
          feedback: { score: number; comment: string | null } | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Execute a prompt named in the path */
  "POST /v1/prompts/{name}/execute": {
    request: {
      path: { name: string };
      headers?: {
        /** The same key and body give the first result again for a day; 409 while the first runs */
        "idempotency-key"?: string;
        /** no-store, no-cache, max-age=N, only-if-cached */
        "cache-control"?: string;
        /** `continue`: a stream that its provider cuts goes on with another call, if that says the same so far */
        "x-pbt-stream-restart"?: "continue";
      };
      body?: {
        version?: number;
        label?: string;
        variables?: Record<string, unknown>;
        /** A model's name, or `auto` */
        model?: string;
        /** Models in the order they are tried, in place of `model` */
        models?: Array<string>;
        parameters?: {
          temperature?: number;
          max_tokens?: number;
          top_p?: number;
          top_k?: number;
          stop?: string | Array<string>;
          seed?: number;
          frequency_penalty?: number;
          presence_penalty?: number;
          reasoning_effort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
          verbosity?: "low" | "medium" | "high";
          /** Anthropic's own object, or the number of tokens to think with */
          thinking?: number | ({ type: string } & { [name: string]: unknown });
          service_tier?: string;
          prompt_cache_key?: string;
          /** Sent to that provider as they are; `openai.api` chooses between OpenAI's two APIs */
          provider_options?: { openai?: Record<string, unknown>; anthropic?: Record<string, unknown> };
        };
        /** Continue the conversation after the prompt's own messages */
        messages?: Array<
          | {
              role: "user" | "developer" | "system";
              content:
                | string
                | Array<
                    | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                    | {
                        type: "image";
                        image: unknown;
                        detail?: "low" | "high" | "auto";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "file";
                        file: unknown;
                        filename?: string;
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "audio";
                        audio: unknown;
                        format?: "wav" | "mp3";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                  >;
            }
          | {
              role: "assistant";
              content?:
                | string
                | Array<
                    | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                    | {
                        type: "image";
                        image: unknown;
                        detail?: "low" | "high" | "auto";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "file";
                        file: unknown;
                        filename?: string;
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "audio";
                        audio: unknown;
                        format?: "wav" | "mp3";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                  >
                | null;
              tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
            }
          | {
              role: "tool";
              content:
                | string
                | Array<
                    | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                    | {
                        type: "image";
                        image: unknown;
                        detail?: "low" | "high" | "auto";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "file";
                        file: unknown;
                        filename?: string;
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                    | {
                        type: "audio";
                        audio: unknown;
                        format?: "wav" | "mp3";
                        cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                      }
                  >;
              tool_call_id: string;
            }
        >;
        /** In place of the prompt's tools */
        tools?: Array<{ name: string; description?: string; parameters?: Record<string, unknown>; strict?: boolean }>;
        tool_choice?: "auto" | "none" | "required" | { name: string };
        parallel_tool_calls?: boolean;
        /** What else of the answer is wanted */
        include?: Array<"reasoning">;
        stream?: boolean;
        /** The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high` */
        priority?: "high" | "standard" | "batch";
        /** False: fail with 429 rather than wait for capacity */
        queue?: boolean;
        /** Accept now, execute later: 202, and the execution's address in `Location` */
        async?: boolean;
        /** False refuses stored answers; true asks for them where the prompt does not say */
        cache?: boolean;
        user?: string;
        metadata?: Record<string, string | number | boolean>;
        timeout_ms?: number;
      };
    };
    replies: {
      "200": {
        id: string;
        /** `unknown`: its end was never recorded, so it counts at what was reserved */
        status: "succeeded" | "failed" | "unknown";
        output: string | null;
        output_json?: unknown;
        /** The calls that the model asks for; `arguments` is JSON, or the raw text where it is none */
        tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
        /** The model's reasoning, with `include: ["reasoning"]` */
        reasoning?: string;
        /** The provider's id of the response, for `previous_response_id`; absent where it keeps none */
        response_id?: string;
        /** What the model was not sent, and why */
        warnings?: Array<string>;
        model: string | null;
        provider: string | null;
        usage: {
          prompt_tokens: number;
          completion_tokens: number;
          total_tokens: number;
          /** The part of `prompt_tokens` that the provider's cache served */
          cached_tokens?: number;
          /** The part of `prompt_tokens` that the provider's cache took in */
          cache_write_tokens?: number;
          /** The part of those that it keeps for longer */
          cache_write_1h_tokens?: number;
          /** The part of `completion_tokens` that is not in the answer */
          reasoning_tokens?: number;
          /** Heard and spoken */
          audio_tokens?: number;
          /** True where the provider sent no usage */
          estimated?: boolean;
        };
        cost_usd: number | null;
        /** `cost_usd` by line; absent where it is not known */
        cost?: {
          lines: Array<{
            kind:
              | "input"
              | "cached_input"
              | "cache_write_5m"
              | "cache_write_1h"
              | "audio_input"
              | "image_input"
              | "output"
              | "reasoning"
              | "audio_output"
              | "web_search";
            tokens: number;
            /** How often a tool was used that is billed by use */
            uses?: number;
            usd: number;
          }>;
          table: string | null;
          service_tier: string | null;
        };
        latency_ms: number;
        /** The tier that served the call */
        service_tier?: string;
        cached: false | "memory" | "edge" | "kv" | "flight";
        /** What the call would have cost that was not made */
        saved_usd?: number | null;
        /** Null for an execution without a stored prompt, from a drop-in door */
        prompt: { name: string; version: number; label: string | null } | null;
        finish_reason: string | null;
        attempts: number;
        /** How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of */
        routing?: { choice: "cheap" | "strong"; score: number; reasons: Array<string> };
      };
      "202": { id: string; status: "queued" };
    };
  };
  /** Read an execution */
  "GET /v1/executions/{id}": {
    request: { path: { id: string } };
    replies: {
      "200":
        | {
            id: string;
            /** `unknown`: its end was never recorded, so it counts at what was reserved */
            status: "succeeded" | "failed" | "unknown";
            output: string | null;
            output_json?: unknown;
            /** The calls that the model asks for; `arguments` is JSON, or the raw text where it is none */
            tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
            /** The model's reasoning, with `include: ["reasoning"]` */
            reasoning?: string;
            /** The provider's id of the response, for `previous_response_id`; absent where it keeps none */
            response_id?: string;
            /** What the model was not sent, and why */
            warnings?: Array<string>;
            model: string | null;
            provider: string | null;
            usage: {
              prompt_tokens: number;
              completion_tokens: number;
              total_tokens: number;
              /** The part of `prompt_tokens` that the provider's cache served */
              cached_tokens?: number;
              /** The part of `prompt_tokens` that the provider's cache took in */
              cache_write_tokens?: number;
              /** The part of those that it keeps for longer */
              cache_write_1h_tokens?: number;
              /** The part of `completion_tokens` that is not in the answer */
              reasoning_tokens?: number;
              /** Heard and spoken */
              audio_tokens?: number;
              /** True where the provider sent no usage */
              estimated?: boolean;
            };
            cost_usd: number | null;
            /** `cost_usd` by line; absent where it is not known */
            cost?: {
              lines: Array<{
                kind:
                  | "input"
                  | "cached_input"
                  | "cache_write_5m"
                  | "cache_write_1h"
                  | "audio_input"
                  | "image_input"
                  | "output"
                  | "reasoning"
                  | "audio_output"
                  | "web_search";
                tokens: number;
                /** How often a tool was used that is billed by use */
                uses?: number;
                usd: number;
              }>;
              table: string | null;
              service_tier: string | null;
            };
            latency_ms: number;
            /** The tier that served the call */
            service_tier?: string;
            cached: false | "memory" | "edge" | "kv" | "flight";
            /** What the call would have cost that was not made */
            saved_usd?: number | null;
            /** Null for an execution without a stored prompt, from a drop-in door */
            prompt: { name: string; version: number; label: string | null } | null;
            finish_reason: string | null;
            attempts: number;
            /** How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of */
            routing?: { choice: "cheap" | "strong"; score: number; reasons: Array<string> };
            created_at: string;
            /** True where only the beginning of `output` was kept */
            output_truncated: boolean;
            /** The price table, with its version, that `cost_usd` comes from */
            price_table: string | null;
            error: { code: string; detail: string } | null;
            user: string | null;
            metadata: Record<string, string | number | boolean> | null;
            feedback: { score: number; comment: string | null } | null;
            /** What it did when; absent in records of older versions */
            timeline?: {
              /** In the order in which they began; they overlap */
              phases: Array<{
                /** As in `server-timing`; `admission` comes before the first attempt, `settle` after the last */
                name: "auth" | "load" | "render" | "cache" | "admit" | "llm" | "admission" | "settle";
                /** Since `created_at`; negative for what came before */
                start_ms: number;
                duration_ms: number;
              }>;
              attempts: Array<{
                model: string;
                provider: string;
                /** The name of the provider's key */
                key: string;
                outcome: "streaming" | "answered" | "rejected" | "failed" | "late" | "cancelled";
                /** Since `created_at`; negative for what came before */
                start_ms: number;
                duration_ms?: number;
                /** Until the first part of a stream came */
                ttft_ms?: number;
                /** The HTTP status of a provider that failed */
                status?: number;
                error_code?: string;
                cost_usd?: number;
              }>;
            };
            /** The trace that its spans are in, as collectors have it; absent in records of older versions */
            trace_id?: string;
            /** What the request asked, where the tenant has content recorded: see `PUT /v1/telemetry` */
            input?: {
              variables: Record<string, unknown>;
              messages?: Array<unknown>;
              model?: string;
              models?: Array<string>;
              parameters?: Record<string, unknown>;
              include?: Array<string>;
              tools?: Array<unknown>;
              tool_choice?: unknown;
              parallel_tool_calls?: boolean;
            };
            /** Only the beginning of `input` is on record, or nothing of it */
            input_truncated?: true;
          }
        | {
            id: string;
            status: "queued" | "running" | "failed";
            created_at: string;
            error?: { code: string; detail: string };
          };
    };
  };
  /** Say how good an answer was */
  "POST /v1/executions/{id}/feedback": {
    request: { path: { id: string }; body: { score: number; comment?: string } };
    replies: { "200": { id: string; score: number } };
  };
  /** OpenAI's Chat Completions */
  "POST /v1/chat/completions": {
    request: {
      headers?: {
        /** The same key and body give the first result again for a day */
        "idempotency-key"?: string;
        /** no-store, no-cache, max-age=N, only-if-cached */
        "cache-control"?: string;
        /** The lane; `high` needs the scope `priority:high` */
        "x-pbt-priority"?: "high" | "standard" | "batch";
        /** Whether stored answers may be used */
        "x-pbt-cache"?: "true" | "false";
        /** JSON: what is recorded with it */
        "x-pbt-metadata"?: string;
        /** Models to try after `model`, with commas between them */
        "x-pbt-fallback-models"?: string;
        "x-pbt-timeout-ms"?: number;
        /** `continue`: a stream that its provider cuts goes on with another call, if that says the same so far */
        "x-pbt-stream-restart"?: "continue";
        "anthropic-version"?: string;
        "anthropic-beta"?: string;
        "openai-beta"?: string;
      };
      body: Record<string, unknown>;
    };
    replies: { "200": Record<string, unknown> };
  };
  /** OpenAI's Responses */
  "POST /v1/responses": {
    request: {
      headers?: {
        /** The same key and body give the first result again for a day */
        "idempotency-key"?: string;
        /** no-store, no-cache, max-age=N, only-if-cached */
        "cache-control"?: string;
        /** The lane; `high` needs the scope `priority:high` */
        "x-pbt-priority"?: "high" | "standard" | "batch";
        /** Whether stored answers may be used */
        "x-pbt-cache"?: "true" | "false";
        /** JSON: what is recorded with it */
        "x-pbt-metadata"?: string;
        /** Models to try after `model`, with commas between them */
        "x-pbt-fallback-models"?: string;
        "x-pbt-timeout-ms"?: number;
        /** `continue`: a stream that its provider cuts goes on with another call, if that says the same so far */
        "x-pbt-stream-restart"?: "continue";
        "anthropic-version"?: string;
        "anthropic-beta"?: string;
        "openai-beta"?: string;
      };
      body: Record<string, unknown>;
    };
    replies: { "200": Record<string, unknown> };
  };
  /** OpenAI's Embeddings */
  "POST /v1/embeddings": {
    request: {
      headers?: {
        /** The same key and body give the first result again for a day */
        "idempotency-key"?: string;
        /** no-store, no-cache, max-age=N, only-if-cached */
        "cache-control"?: string;
        /** The lane; `high` needs the scope `priority:high` */
        "x-pbt-priority"?: "high" | "standard" | "batch";
        /** Whether stored answers may be used */
        "x-pbt-cache"?: "true" | "false";
        /** JSON: what is recorded with it */
        "x-pbt-metadata"?: string;
        /** Models to try after `model`, with commas between them */
        "x-pbt-fallback-models"?: string;
        "x-pbt-timeout-ms"?: number;
        /** `continue`: a stream that its provider cuts goes on with another call, if that says the same so far */
        "x-pbt-stream-restart"?: "continue";
        "anthropic-version"?: string;
        "anthropic-beta"?: string;
        "openai-beta"?: string;
      };
      body: Record<string, unknown>;
    };
    replies: { "200": Record<string, unknown> };
  };
  /** Anthropic's Messages */
  "POST /v1/messages": {
    request: {
      headers?: {
        /** The same key and body give the first result again for a day */
        "idempotency-key"?: string;
        /** no-store, no-cache, max-age=N, only-if-cached */
        "cache-control"?: string;
        /** The lane; `high` needs the scope `priority:high` */
        "x-pbt-priority"?: "high" | "standard" | "batch";
        /** Whether stored answers may be used */
        "x-pbt-cache"?: "true" | "false";
        /** JSON: what is recorded with it */
        "x-pbt-metadata"?: string;
        /** Models to try after `model`, with commas between them */
        "x-pbt-fallback-models"?: string;
        "x-pbt-timeout-ms"?: number;
        /** `continue`: a stream that its provider cuts goes on with another call, if that says the same so far */
        "x-pbt-stream-restart"?: "continue";
        "anthropic-version"?: string;
        "anthropic-beta"?: string;
        "openai-beta"?: string;
      };
      body: Record<string, unknown>;
    };
    replies: { "200": Record<string, unknown> };
  };
  /** Count the tokens of a request to POST /v1/messages */
  "POST /v1/messages/count_tokens": {
    request: {
      headers?: {
        /** The same key and body give the first result again for a day */
        "idempotency-key"?: string;
        /** no-store, no-cache, max-age=N, only-if-cached */
        "cache-control"?: string;
        /** The lane; `high` needs the scope `priority:high` */
        "x-pbt-priority"?: "high" | "standard" | "batch";
        /** Whether stored answers may be used */
        "x-pbt-cache"?: "true" | "false";
        /** JSON: what is recorded with it */
        "x-pbt-metadata"?: string;
        /** Models to try after `model`, with commas between them */
        "x-pbt-fallback-models"?: string;
        "x-pbt-timeout-ms"?: number;
        /** `continue`: a stream that its provider cuts goes on with another call, if that says the same so far */
        "x-pbt-stream-restart"?: "continue";
        "anthropic-version"?: string;
        "anthropic-beta"?: string;
        "openai-beta"?: string;
      };
      body: Record<string, unknown>;
    };
    replies: { "200": { input_tokens: number } };
  };
  /** Read a response that OpenAI keeps, or that was made in the background */
  "GET /v1/responses/{id}": { request: { path: { id: string } }; replies: { "200": Record<string, unknown> } };
  /** Delete a response that OpenAI keeps */
  "DELETE /v1/responses/{id}": { request: { path: { id: string } }; replies: { "200": Record<string, unknown> } };
  /** List what a response was asked */
  "GET /v1/responses/{id}/input_items": {
    request: { path: { id: string }; query?: { order?: string; limit?: string; after?: string } };
    replies: { "200": Record<string, unknown> };
  };
  /** Cancel a response that is made in the background */
  "POST /v1/responses/{id}/cancel": { request: { path: { id: string } }; replies: { "200": Record<string, unknown> } };
  /** List the models that the tenant's providers have */
  "GET /v1/models": {
    request: {
      query?: { limit?: string; after_id?: string; before_id?: string };
      headers?: {
        /** Where it is given, the list has Anthropic's form */
        "anthropic-version"?: string;
      };
    };
    replies: { "200": Record<string, unknown> };
  };
  /** Read a model, as its provider describes it */
  "GET /v1/models/{id}": {
    request: {
      path: { id: string };
      headers?: {
        /** Where it is given, the list has Anthropic's form */
        "anthropic-version"?: string;
      };
    };
    replies: { "200": Record<string, unknown> };
  };
  /** What was executed, spent and saved */
  "GET /v1/usage": {
    request: {
      query?: {
        /** 30 days before `to` where absent */
        from?: string;
        /** Now where absent: everything counts so far */
        to?: string;
        /** Several of prompt,version,label,model,provider,key,user,tag,lane,hour,day, by commas */
        group_by?: string;
        /** Only executions of this prompt; so with the names that follow */
        prompt?: string;
        version?: number;
        label?: string;
        model?: string;
        provider?: string;
        /** The id of the API key */
        key?: string;
        user?: string;
        tag?: string;
        lane?: "high" | "standard" | "batch";
        /** By a sum, the least first, or with a minus the greatest; by the groups where absent */
        order?:
          | "executions"
          | "-executions"
          | "prompt_tokens"
          | "-prompt_tokens"
          | "completion_tokens"
          | "-completion_tokens"
          | "total_tokens"
          | "-total_tokens"
          | "cost_usd"
          | "-cost_usd"
          | "saved_usd"
          | "-saved_usd"
          | "errors"
          | "-errors";
        /** The most rows; all where absent */
        limit?: number;
        /** json where absent */
        format?: "json" | "csv";
      };
    };
    replies: {
      "200": {
        data: Array<
          {
            executions: number;
            prompt_tokens: number;
            completion_tokens: number;
            total_tokens: number;
            cost_usd: number;
            saved_usd: number;
            errors: number;
            /** Answers that no call was made for, by where they came from, and the tokens that were not spent on them */
            cache: { hits: { memory: number; edge: number; kv: number; flight: number }; saved_tokens: number };
          } & { [name: string]: unknown }
        >;
        /** The time that is covered begins here; earlier than asked for where old hours are whole */
        from: string;
        /** And ends before this */
        to: string;
        /** All executions that started before are counted; of later ones, those that have ended */
        complete_until: string | null;
      };
    };
  };
  /** Drop a prompt's stored answers */
  "DELETE /v1/cache": { request: { query: { prompt: string } }; replies: { "204": undefined } };
  /** Compare what was counted here with a provider's usage or cost export */
  "POST /v1/usage/reconcile": {
    request: {
      body: {
        provider: "openai" | "anthropic";
        /** Buckets of the export, or its pages, as the provider's API gives them */
        rows: Array<Record<string, unknown>>;
      };
    };
    replies: {
      "200": {
        data: Array<{
          from: string;
          to: string;
          /** Without the date of its snapshot */
          model: string;
          /** Of token, or `web_search` */
          kind: string;
          ours: number;
          theirs: number;
          /** What the provider counts more than we do; negative where it is less */
          difference: number;
          /** Our calls to the model in this time whose usage the provider did not tell us */
          uncounted_calls: number;
        }>;
        /** Of a usage export: tokens, or uses of a tool; of a cost export: US dollars */
        unit: "tokens" | "usd";
        compared: {
          from: string;
          to: string;
          models: Array<string>;
          /** Our calls, failed and repeated ones and those of batches included */
          calls: number;
          /** Calls that the provider may have billed without telling us their usage */
          uncounted_calls: number;
          /** Of later executions, only those that have ended are counted */
          complete_until: string | null;
        };
        not_compared: Array<{
          from: string;
          to: string;
          item: string | null;
          /** Records from before calls were counted; our calls have no price; the item is about no model's tokens */
          reason: "older_records" | "no_price" | "not_tokens";
        }>;
      };
    };
  };
  /** Set a webhook */
  "PUT /v1/webhooks/{name}": {
    request: {
      path: { name: string };
      body: {
        /** https, with a public host name */
        url: string;
        events: Array<
          | "prompt.published"
          | "label.moved"
          | "promotion.pending"
          | "budget.alert"
          | "anomaly.detected"
          | "batch.completed"
          | "test_run.completed"
        >;
        /** Only events about these prompts, such as `support/*`, and events that are about none */
        prompts?: Array<string>;
      };
    };
    replies: {
      "200": {
        name: string;
        url: string;
        events: Array<
          | "prompt.published"
          | "label.moved"
          | "promotion.pending"
          | "budget.alert"
          | "anomaly.detected"
          | "batch.completed"
          | "test_run.completed"
        >;
        /** Null where it asks for the events of all prompts */
        prompts: Array<string> | null;
        created_at: string;
        updated_at: string;
        /** Empty: every event is sent */
        warnings: Array<string>;
      };
      "201": {
        name: string;
        url: string;
        events: Array<
          | "prompt.published"
          | "label.moved"
          | "promotion.pending"
          | "budget.alert"
          | "anomaly.detected"
          | "batch.completed"
          | "test_run.completed"
        >;
        /** Null where it asks for the events of all prompts */
        prompts: Array<string> | null;
        created_at: string;
        updated_at: string;
        /** Empty: every event is sent */
        warnings: Array<string>;
        /** Signs the messages per Standard Webhooks; shown this once */
        secret: string;
      };
    };
  };
  /** Read a webhook */
  "GET /v1/webhooks/{name}": {
    request: { path: { name: string } };
    replies: {
      "200": {
        name: string;
        url: string;
        events: Array<
          | "prompt.published"
          | "label.moved"
          | "promotion.pending"
          | "budget.alert"
          | "anomaly.detected"
          | "batch.completed"
          | "test_run.completed"
        >;
        /** Null where it asks for the events of all prompts */
        prompts: Array<string> | null;
        created_at: string;
        updated_at: string;
        /** Empty: every event is sent */
        warnings: Array<string>;
      };
    };
  };
  /** Delete a webhook, and what was not delivered to it yet */
  "DELETE /v1/webhooks/{name}": { request: { path: { name: string } }; replies: { "204": undefined } };
  /** List the webhooks by name */
  "GET /v1/webhooks": {
    request: {};
    replies: {
      "200": {
        data: Array<{
          name: string;
          url: string;
          events: Array<
            | "prompt.published"
            | "label.moved"
            | "promotion.pending"
            | "budget.alert"
            | "anomaly.detected"
            | "batch.completed"
            | "test_run.completed"
          >;
          /** Null where it asks for the events of all prompts */
          prompts: Array<string> | null;
          created_at: string;
          updated_at: string;
          /** Empty: every event is sent */
          warnings: Array<string>;
        }>;
        next_cursor: null;
      };
    };
  };
  /** Send a webhook the event `webhook.test`, once */
  "POST /v1/webhooks/{name}/test": {
    request: { path: { name: string } };
    replies: {
      "200": {
        delivered: boolean;
        /** What the receiver answered; null where it did not */
        status: number | null;
        fault: string | null;
      };
    };
  };
  /** Set what a tenant, a key or a prompt may spend */
  "PUT /v1/budgets/{scope}": {
    request: {
      path: {
        /** `tenant`, `key:<id>` or `prompt:<name>` */
        scope: string;
      };
      body: {
        daily_usd?: number;
        monthly_usd?: number;
        /** Shares of a limit at which an alert is due, once in each window */
        alerts?: Array<number>;
      };
    };
    replies: {
      "200": { scope: string; daily_usd: number | null; monthly_usd: number | null; alerts: Array<number> };
      "201": { scope: string; daily_usd: number | null; monthly_usd: number | null; alerts: Array<number> };
    };
  };
  /** Remove a budget */
  "DELETE /v1/budgets/{scope}": {
    request: {
      path: {
        /** `tenant`, `key:<id>` or `prompt:<name>` */
        scope: string;
      };
    };
    replies: { "204": undefined };
  };
  /** How every budget stands in each of its windows */
  "GET /v1/budgets": {
    request: {};
    replies: {
      "200": {
        data: Array<{
          scope: string;
          /** A day or a month of UTC */
          window: "daily" | "monthly";
          limit_usd: number;
          spent_usd: number;
          /** Reserved for calls under way, or lent for calls to come */
          reserved_usd: number;
          remaining_usd: number;
          resets_at: string;
        }>;
        next_cursor: null;
      };
    };
  };
  /** List batches, newest first */
  "GET /v1/batches": {
    request: {
      query?: {
        limit?: number;
        cursor?: string;
        /** Only batches that stand so */
        status?: "queued" | "running" | "completed" | "cancelled" | "failed";
      };
    };
    replies: {
      "200": {
        data: Array<{
          id: string;
          status: "queued" | "running" | "completed" | "cancelled" | "failed";
          counts: {
            total: number;
            queued: number;
            running: number;
            succeeded: number;
            failed: number;
            cancelled: number;
          };
          /** Cost of its executions so far */
          cost_usd: number | null;
          max_cost_usd: number | null;
          mode: "queue" | "provider";
          prompt: { name: string; version: number };
          webhook: { url: string } | null;
          created_at: string;
          ended_at: string | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Execute a prompt for up to 50,000 items */
  "POST /v1/batches": {
    request: {
      query?: {
        prompt?: string;
        mode?: "queue" | "provider";
        label?: string;
        /** A model's name, or `auto` */
        model?: string;
        user?: string;
        version?: number;
        cache?: string;
        timeout_ms?: number;
        max_cost_usd?: number;
        webhook?: string;
      };
      headers?: {
        /** The same key and body give the first result again for a day; 409 while the first runs */
        "idempotency-key"?: string;
      };
      body:
        | {
            prompt: string;
            mode?: "queue" | "provider";
            version?: number;
            label?: string;
            /** A model's name, or `auto` */
            model?: string;
            /** Models in the order they are tried, in place of `model` */
            models?: Array<string>;
            parameters?: {
              temperature?: number;
              max_tokens?: number;
              top_p?: number;
              top_k?: number;
              stop?: string | Array<string>;
              seed?: number;
              frequency_penalty?: number;
              presence_penalty?: number;
              reasoning_effort?: "none" | "minimal" | "low" | "medium" | "high" | "xhigh" | "max";
              verbosity?: "low" | "medium" | "high";
              /** Anthropic's own object, or the number of tokens to think with */
              thinking?: number | ({ type: string } & { [name: string]: unknown });
              service_tier?: string;
              prompt_cache_key?: string;
              /** Sent to that provider as they are; `openai.api` chooses between OpenAI's two APIs */
              provider_options?: { openai?: Record<string, unknown>; anthropic?: Record<string, unknown> };
            };
            /** Continue the conversation after the prompt's own messages */
            messages?: Array<
              | {
                  role: "user" | "developer" | "system";
                  content:
                    | string
                    | Array<
                        | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                        | {
                            type: "image";
                            image: unknown;
                            detail?: "low" | "high" | "auto";
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                        | {
                            type: "file";
                            file: unknown;
                            filename?: string;
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                        | {
                            type: "audio";
                            audio: unknown;
                            format?: "wav" | "mp3";
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                      >;
                }
              | {
                  role: "assistant";
                  content?:
                    | string
                    | Array<
                        | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                        | {
                            type: "image";
                            image: unknown;
                            detail?: "low" | "high" | "auto";
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                        | {
                            type: "file";
                            file: unknown;
                            filename?: string;
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                        | {
                            type: "audio";
                            audio: unknown;
                            format?: "wav" | "mp3";
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                      >
                    | null;
                  tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
                }
              | {
                  role: "tool";
                  content:
                    | string
                    | Array<
                        | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                        | {
                            type: "image";
                            image: unknown;
                            detail?: "low" | "high" | "auto";
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                        | {
                            type: "file";
                            file: unknown;
                            filename?: string;
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                        | {
                            type: "audio";
                            audio: unknown;
                            format?: "wav" | "mp3";
                            cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                          }
                      >;
                  tool_call_id: string;
                }
            >;
            /** In place of the prompt's tools */
            tools?: Array<{
              name: string;
              description?: string;
              parameters?: Record<string, unknown>;
              strict?: boolean;
            }>;
            tool_choice?: "auto" | "none" | "required" | { name: string };
            parallel_tool_calls?: boolean;
            /** What else of the answer is wanted */
            include?: Array<"reasoning">;
            /** False refuses stored answers; true asks for them where the prompt does not say */
            cache?: boolean;
            user?: string;
            metadata?: Record<string, string | number | boolean>;
            timeout_ms?: number;
            max_cost_usd?: number;
            /** Receives an event at the end of the batch, signed per Standard Webhooks */
            webhook?: string | { url: string };
            items: Array<{ custom_id?: string; variables: Record<string, unknown> }>;
          }
        | string;
    };
    replies: {
      "202": {
        id: string;
        status: "queued" | "running" | "completed" | "cancelled" | "failed";
        counts: {
          total: number;
          queued: number;
          running: number;
          succeeded: number;
          failed: number;
          cancelled: number;
        };
        /** Cost of its executions so far */
        cost_usd: number | null;
        max_cost_usd: number | null;
        mode: "queue" | "provider";
        prompt: { name: string; version: number };
        webhook: { url: string } | null;
        created_at: string;
        ended_at: string | null;
        /** Signs this batch's webhook; shown once */
        webhook_secret?: string;
      };
    };
  };
  /** Read the state of a batch */
  "GET /v1/batches/{id}": {
    request: { path: { id: string } };
    replies: {
      "200": {
        id: string;
        status: "queued" | "running" | "completed" | "cancelled" | "failed";
        counts: {
          total: number;
          queued: number;
          running: number;
          succeeded: number;
          failed: number;
          cancelled: number;
        };
        /** Cost of its executions so far */
        cost_usd: number | null;
        max_cost_usd: number | null;
        mode: "queue" | "provider";
        prompt: { name: string; version: number };
        webhook: { url: string } | null;
        created_at: string;
        ended_at: string | null;
      };
    };
  };
  /** The results in the order of the items, each in its present state */
  "GET /v1/batches/{id}/results": {
    request: { path: { id: string } };
    replies: {
      "200": {
        custom_id: string | null;
        index: number;
        status: "queued" | "running" | "succeeded" | "failed" | "cancelled";
        /** Items with equal variables share one execution */
        execution?: {
          id: string;
          /** `unknown`: its end was never recorded, so it counts at what was reserved */
          status: "succeeded" | "failed" | "unknown";
          output: string | null;
          output_json?: unknown;
          /** The calls that the model asks for; `arguments` is JSON, or the raw text where it is none */
          tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
          /** The model's reasoning, with `include: ["reasoning"]` */
          reasoning?: string;
          /** The provider's id of the response, for `previous_response_id`; absent where it keeps none */
          response_id?: string;
          /** What the model was not sent, and why */
          warnings?: Array<string>;
          model: string | null;
          provider: string | null;
          usage: {
            prompt_tokens: number;
            completion_tokens: number;
            total_tokens: number;
            /** The part of `prompt_tokens` that the provider's cache served */
            cached_tokens?: number;
            /** The part of `prompt_tokens` that the provider's cache took in */
            cache_write_tokens?: number;
            /** The part of those that it keeps for longer */
            cache_write_1h_tokens?: number;
            /** The part of `completion_tokens` that is not in the answer */
            reasoning_tokens?: number;
            /** Heard and spoken */
            audio_tokens?: number;
            /** True where the provider sent no usage */
            estimated?: boolean;
          };
          cost_usd: number | null;
          /** `cost_usd` by line; absent where it is not known */
          cost?: {
            lines: Array<{
              kind:
                | "input"
                | "cached_input"
                | "cache_write_5m"
                | "cache_write_1h"
                | "audio_input"
                | "image_input"
                | "output"
                | "reasoning"
                | "audio_output"
                | "web_search";
              tokens: number;
              /** How often a tool was used that is billed by use */
              uses?: number;
              usd: number;
            }>;
            table: string | null;
            service_tier: string | null;
          };
          latency_ms: number;
          /** The tier that served the call */
          service_tier?: string;
          cached: false | "memory" | "edge" | "kv" | "flight";
          /** What the call would have cost that was not made */
          saved_usd?: number | null;
          /** Null for an execution without a stored prompt, from a drop-in door */
          prompt: { name: string; version: number; label: string | null } | null;
          finish_reason: string | null;
          attempts: number;
          /** How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of */
          routing?: { choice: "cheap" | "strong"; score: number; reasons: Array<string> };
        };
        error?: { code: string; detail: string };
      };
    };
  };
  /** The progress of a batch as server-sent events */
  "GET /v1/batches/{id}/events": { request: { path: { id: string } }; replies: { "200": string } };
  /** Cancel a batch: no further item starts */
  "POST /v1/batches/{id}/cancel": {
    request: { path: { id: string } };
    replies: {
      "200": {
        id: string;
        status: "queued" | "running" | "completed" | "cancelled" | "failed";
        counts: {
          total: number;
          queued: number;
          running: number;
          succeeded: number;
          failed: number;
          cancelled: number;
        };
        /** Cost of its executions so far */
        cost_usd: number | null;
        max_cost_usd: number | null;
        mode: "queue" | "provider";
        prompt: { name: string; version: number };
        webhook: { url: string } | null;
        created_at: string;
        ended_at: string | null;
      };
    };
  };
  /** Queue a batch's failed items again */
  "POST /v1/batches/{id}/redrive": {
    request: { path: { id: string } };
    replies: {
      "202": {
        id: string;
        status: "queued" | "running" | "completed" | "cancelled" | "failed";
        counts: {
          total: number;
          queued: number;
          running: number;
          succeeded: number;
          failed: number;
          cancelled: number;
        };
        /** Cost of its executions so far */
        cost_usd: number | null;
        max_cost_usd: number | null;
        mode: "queue" | "provider";
        prompt: { name: string; version: number };
        webhook: { url: string } | null;
        created_at: string;
        ended_at: string | null;
      };
    };
  };
  /** Metrics in the text format of Prometheus */
  "GET /metrics": { request: {}; replies: { "200": string } };
  /** What happens now, as server-sent events */
  "GET /v1/metrics/live": { request: {}; replies: { "200": string } };
  /** Set where the tenant's traces are sent, and whether content is recorded */
  "PUT /v1/telemetry": {
    request: {
      body: {
        /** An OTLP/HTTP endpoint: https, with a public host name. `/v1/traces` is appended to it */
        otlp_endpoint?: string;
        /** Sent with each request; stored encrypted */
        headers?: Record<string, string>;
        /** The share of traces to send where no caller decides; required with an `otlp_endpoint` */
        sample?: number;
        /** Whether records of executions have what was asked, and spans what models were asked and what they said */
        content: boolean;
      };
    };
    replies: {
      "200": {
        /** Traces are posted to `/v1/traces` below it; null for no collector */
        otlp_endpoint: string | null;
        /** Their names; values are not shown */
        headers: Array<string>;
        /** The share of traces that are sent, from 0 to 1; all that failed or were slow are */
        sample: number;
        /** Whether records of executions have what was asked, and spans what models were asked and what they said */
        content: boolean;
        /** When it was first set */
        created_at: string;
        /** When it was last set */
        updated_at: string;
      };
      "201": {
        /** Traces are posted to `/v1/traces` below it; null for no collector */
        otlp_endpoint: string | null;
        /** Their names; values are not shown */
        headers: Array<string>;
        /** The share of traces that are sent, from 0 to 1; all that failed or were slow are */
        sample: number;
        /** Whether records of executions have what was asked, and spans what models were asked and what they said */
        content: boolean;
        /** When it was first set */
        created_at: string;
        /** When it was last set */
        updated_at: string;
      };
    };
  };
  /** Read where the tenant's traces are sent, and whether content is recorded */
  "GET /v1/telemetry": {
    request: {};
    replies: {
      "200": {
        /** Traces are posted to `/v1/traces` below it; null for no collector */
        otlp_endpoint: string | null;
        /** Their names; values are not shown */
        headers: Array<string>;
        /** The share of traces that are sent, from 0 to 1; all that failed or were slow are */
        sample: number;
        /** Whether records of executions have what was asked, and spans what models were asked and what they said */
        content: boolean;
        /** When it was first set */
        created_at: string;
        /** When it was last set */
        updated_at: string;
      };
    };
  };
  /** Send the tenant's traces nowhere, and record no content */
  "DELETE /v1/telemetry": { request: {}; replies: { "204": undefined } };
  /** What was unusual in the last week */
  "GET /v1/insights/anomalies": {
    request: {
      query?: {
        /** Only those of this prompt, which is examined in any case */
        prompt?: string;
        /** Only those of this model, or of the prompt */
        model?: string;
      };
    };
    replies: {
      "200": {
        data: Array<{
          /** What it is about */
          subject: { kind: "prompt" | "model"; name: string };
          /** `rate`: executions an hour; `errors`: the share that failed; `latency`: the geometric mean, ms; `cost`: US dollars an execution; `quality`: the mean score of feedback */
          metric: "rate" | "errors" | "latency" | "cost" | "quality";
          /** Whether it is above or below what is expected */
          direction: "up" | "down";
          /** Critical where it is very far from what is expected */
          severity: "warning" | "critical";
          /** When its first hour began */
          since: string;
          /** When its last hour ended; null while it lasts */
          until: string | null;
          /** The end of the hour in which it could be told from chance */
          found_at: string;
          /** The hour that is furthest from what was expected */
          worst: {
            /** When the hour began */
            at: string;
            observed: number;
            expected: number;
            /** The lower bound of the 95 % interval of what was expected */
            low: number;
            /** The upper bound of the 95 % interval of what was expected */
            high: number;
          };
        }>;
        next_cursor: null;
        /** The time that was looked at begins here, by whole hours */
        from: string;
        /** And ends before this: the last hour that is complete */
        to: string;
        /** Metrics of prompts and models that have enough data */
        watched_series: number;
        /** Those that have too little to say what is usual: two weeks are needed */
        learning_series: number;
        /** The most false alarms that are to be expected of all of them together */
        false_alarms_a_week: number;
        /** Only those with the most executions are examined; `prompt` names any other one */
        left_out: {
          /** Prompts that were not examined */
          prompts: number;
          /** Models that were not examined */
          models: number;
          /** The share of all executions that those prompts had */
          executions_share: number;
        };
      };
    };
  };
  /** What will be needed, and when limits will be reached */
  "GET /v1/insights/forecast": {
    request: {
      query?: {
        /** How far ahead */
        days?: number;
      };
    };
    replies: {
      "200": {
        /** Limits, those that are reached first at the front */
        data: Array<{
          /** `provider:<name>` (its keys), `budget:<scope>` or `storage` */
          resource: string;
          unit: "requests_per_minute" | "tokens_per_minute" | "usd_per_day" | "usd_per_month" | "bytes";
          limit: number;
          /** The most that will be used at a time within the horizon */
          most: {
            expected: number;
            /** The lower bound of the 90 % interval */
            low: number;
            /** The upper bound of the 90 % interval */
            high: number;
          };
          /** The interval of the date of exhaustion */
          exhausted_at: {
            /** When the forecast first exceeds the limit; null if not within the horizon */
            expected: string | null;
            /** When its upper bound does */
            earliest: string | null;
            /** When its lower bound does */
            latest: string | null;
          };
          /** What the limit should be: the upper bound and a tenth; null where it fits */
          raise_to: number | null;
          /** By when: the earliest time of exhaustion */
          raise_before: string | null;
        }>;
        next_cursor: null;
        /** The demand; its bounds are the sums of those of its hours */
        days: Array<{
          /** The 24 hours from this time on */
          day: string;
          executions: {
            expected: number;
            /** The lower bound of the 90 % interval */
            low: number;
            /** The upper bound of the 90 % interval */
            high: number;
          };
          tokens: {
            expected: number;
            /** The lower bound of the 90 % interval */
            low: number;
            /** The upper bound of the 90 % interval */
            high: number;
          };
          cost_usd: {
            expected: number;
            /** The lower bound of the 90 % interval */
            low: number;
            /** The upper bound of the 90 % interval */
            high: number;
          };
        }>;
        /** The hours that it was made of; null where there are less than two weeks, and then no forecast */
        learned_from: { from: string; to: string } | null;
        /** How wrong forecasts of the last weeks were, where taking the week before is 1; null if unknown */
        relative_error: number | null;
      };
    };
  };
  /** How prompts keep their objectives, and what end users think of them */
  "GET /v1/insights/sla": {
    request: {
      query?: {
        /** Only this one */
        prompt?: string;
        /** 30 days before `to` where absent; hours count whole */
        from?: string;
        /** Now where absent */
        to?: string;
        /** Tells latencies by the hour or by the day of UTC, of all executions or of those of `prompt` */
        over_time?: "hour" | "day";
      };
    };
    replies: {
      "200": {
        data: Array<{
          prompt: string;
          objective: {
            availability: number;
            /** The share that must be answered within `latency_ms` */
            percentile: number;
            latency_ms: number;
            /** Whether the prompt's `metadata.sla` gives it */
            source: "prompt" | "default";
            /** Fields of `metadata.sla` that are no objective */
            ignored: Array<string>;
          };
          executions: number;
          measured: {
            /** The share that did not fail; failures that the caller caused are left out; null of none */
            availability: number | null;
            /** The share that took no longer than the objective allows; null of none */
            within_latency: number | null;
            /** The time within which the share of the objective's percentile was answered */
            latency_ms: number | null;
            /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
            availability_burn: number | null;
            /** The same for executions that took too long */
            latency_burn: number | null;
          };
          /** As if no provider had failed, and as if their calls had taken no time */
          without_provider: {
            /** The share that did not fail; failures that the caller caused are left out; null of none */
            availability: number | null;
            /** The share that took no longer than the objective allows; null of none */
            within_latency: number | null;
            /** The time within which the share of the objective's percentile was answered */
            latency_ms: number | null;
            /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
            availability_burn: number | null;
            /** The same for executions that took too long */
            latency_burn: number | null;
          };
          /** The same for the last hours, each with the one under way */
          burn: {
            "1h": {
              executions: number;
              measured: {
                /** The share that did not fail; failures that the caller caused are left out; null of none */
                availability: number | null;
                /** The share that took no longer than the objective allows; null of none */
                within_latency: number | null;
                /** The time within which the share of the objective's percentile was answered */
                latency_ms: number | null;
                /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
                availability_burn: number | null;
                /** The same for executions that took too long */
                latency_burn: number | null;
              };
              /** As if no provider had failed, and as if their calls had taken no time */
              without_provider: {
                /** The share that did not fail; failures that the caller caused are left out; null of none */
                availability: number | null;
                /** The share that took no longer than the objective allows; null of none */
                within_latency: number | null;
                /** The time within which the share of the objective's percentile was answered */
                latency_ms: number | null;
                /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
                availability_burn: number | null;
                /** The same for executions that took too long */
                latency_burn: number | null;
              };
            };
            "6h": {
              executions: number;
              measured: {
                /** The share that did not fail; failures that the caller caused are left out; null of none */
                availability: number | null;
                /** The share that took no longer than the objective allows; null of none */
                within_latency: number | null;
                /** The time within which the share of the objective's percentile was answered */
                latency_ms: number | null;
                /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
                availability_burn: number | null;
                /** The same for executions that took too long */
                latency_burn: number | null;
              };
              /** As if no provider had failed, and as if their calls had taken no time */
              without_provider: {
                /** The share that did not fail; failures that the caller caused are left out; null of none */
                availability: number | null;
                /** The share that took no longer than the objective allows; null of none */
                within_latency: number | null;
                /** The time within which the share of the objective's percentile was answered */
                latency_ms: number | null;
                /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
                availability_burn: number | null;
                /** The same for executions that took too long */
                latency_burn: number | null;
              };
            };
            "3d": {
              executions: number;
              measured: {
                /** The share that did not fail; failures that the caller caused are left out; null of none */
                availability: number | null;
                /** The share that took no longer than the objective allows; null of none */
                within_latency: number | null;
                /** The time within which the share of the objective's percentile was answered */
                latency_ms: number | null;
                /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
                availability_burn: number | null;
                /** The same for executions that took too long */
                latency_burn: number | null;
              };
              /** As if no provider had failed, and as if their calls had taken no time */
              without_provider: {
                /** The share that did not fail; failures that the caller caused are left out; null of none */
                availability: number | null;
                /** The share that took no longer than the objective allows; null of none */
                within_latency: number | null;
                /** The time within which the share of the objective's percentile was answered */
                latency_ms: number | null;
                /** How fast the allowed failures are used up: 1 is just as fast as is allowed */
                availability_burn: number | null;
                /** The same for executions that took too long */
                latency_burn: number | null;
              };
            };
          };
          /** The feedback on executions that started in the time, the newest version first */
          satisfaction: Array<{
            version: number;
            ratings: number;
            /** The mean, from 0 to 1 */
            score: number;
            /** The lower bound of its 95 % interval (Wilson) */
            low: number;
            /** The upper bound of its 95 % interval (Wilson) */
            high: number;
          }>;
        }>;
        next_cursor: null;
        /** The time that is measured begins here */
        from: string;
        /** And ends before this */
        to: string;
        /** Only those with the most executions are examined; `prompt` names any other one */
        left_out: {
          /** Prompts that were not examined */
          prompts: number;
          /** Models that were not examined */
          models: number;
          /** The share of all executions that those prompts had */
          executions_share: number;
        };
        /** Where it was asked for; times without an execution are left out */
        over_time?: Array<{
          /** When the hour or the day began */
          at: string;
          executions: number;
          /** The median; null where all were of the batch lane */
          p50_ms: number | null;
          /** The time that 95 of 100 did not exceed */
          p95_ms: number | null;
          /** The time that 99 of 100 did not exceed */
          p99_ms: number | null;
        }>;
      };
    };
  };
  /** Run the tests of a version */
  "POST /v1/prompts/{name}/tests/run": {
    request: {
      path: {
        /** The prompt */
        name: string;
      };
      query?: {
        version?: number;
        /** The label whose version to test, in place of `version` */
        label?: string;
        repeat?: number;
        concurrency?: number;
        reuse?: string;
        max_cost_usd?: number;
      };
      headers?: {
        /** The same key and body give the first run again for a day */
        "idempotency-key"?: string;
      };
      body:
        | {
            /** The version to test */
            version?: number;
            /** The label whose version to test, in place of `version` */
            label?: string;
            /** Each runs all tests, in place of the prompt's */
            models?: Array<string>;
            /** Cases in place of the version's own */
            tests?: Array<{
              /** The name of the case */
              name: string;
              /** The variables of the prompt */
              variables?: Record<string, unknown>;
              /** A conversation after the prompt's own messages */
              messages?: Array<
                | {
                    role: "user" | "developer" | "system";
                    content:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >;
                  }
                | {
                    role: "assistant";
                    content?:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >
                      | null;
                    tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
                  }
                | {
                    role: "tool";
                    content:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >;
                    tool_call_id: string;
                  }
              >;
              /** What is expected; without any, the execution has to succeed */
              assertions?: Array<{
                /** What is checked */
                type:
                  | "equals"
                  | "contains"
                  | "contains_all"
                  | "contains_any"
                  | "starts_with"
                  | "regex"
                  | "is_json"
                  | "json_schema"
                  | "json_path"
                  | "keywords"
                  | "max_length"
                  | "min_length"
                  | "max_latency_ms"
                  | "max_cost_usd"
                  | "max_tokens"
                  | "tool_call"
                  | "refusal"
                  | "edit_similarity"
                  | "token_overlap"
                  | "embedding_similarity"
                  | "llm_rubric";
                /** What is expected, in the form that the type asks */
                value?: unknown;
                /** For json_path: where the value is, such as items[0].name */
                path?: string;
                /** For embedding_similarity: the model that makes the vectors */
                model?: string;
                /** Whether upper and lower case are the same */
                ignore_case?: boolean;
                /** The least score of a graded assertion */
                threshold?: number;
                /** Its share in the score, 1 by default; 0 only reports */
                weight?: number;
                /** Whether the opposite is expected */
                not?: boolean;
              }>;
              /** Its share in the score of the run */
              weight?: number;
              /** The least score; else every assertion has to pass */
              threshold?: number;
            }>;
            /** Trials of each test */
            repeat?: number;
            /** Trials at a time, within the deployment's limit */
            concurrency?: number;
            /** Stored results stand for tests whose prompt, case, model and judge did not change */
            reuse?: boolean;
            /** No call begins whose worst case does not fit; needs known prices */
            max_cost_usd?: number;
          }
        | string;
    };
    replies: {
      "200": {
        /** The id of the run */
        id: string;
        /** How the run stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt that is tested */
        prompt: {
          /** Its name */
          name: string;
          /** The version that was run */
          version: number;
        };
        /** When the run was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** How often each test is tried */
        repeat: number;
        /** What the run may cost; null without a limit */
        max_cost_usd: number | null;
        /** Tests by models */
        total: number;
        /** Those all of whose trials passed */
        passed: number;
        /** Those with a trial that did not pass */
        failed: number;
        /** Those that passed and failed */
        flaky: number;
        /** The share of trials that passed; null before the first */
        pass_rate: number | null;
        /** A 95 % interval of the pass rate: its ends */
        interval: Array<number>;
        /** The chance that k trials of a test all pass, for k = 1, 2, … */
        pass_hat_k: Array<number>;
        /** The weighted mean of the scores; null before the first */
        score: number | null;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** The tests that have begun, in their order */
        results: Array<{
          /** The name of the case */
          test: string;
          /** Null for the prompt's own */
          model: string | null;
          /** Its trials so far */
          repeats: number;
          /** Whether all trials passed */
          passed: boolean;
          /** Whether only some trials passed */
          flaky: boolean;
          /** The share of trials that passed */
          pass_rate: number;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The score of each trial */
          scores: Array<number>;
          /** Those of the first trial that failed, or else of the first */
          checks: Array<{
            /** The assertion's type, after `not ` where that is expected */
            kind: string;
            /** Whether it was met */
            passed: boolean;
            /** How well it was met */
            score: number;
            /** What was expected and seen */
            detail: string;
          }>;
          /** The beginning of its answer */
          output: string | null;
          /** Its execution; null where none began */
          execution_id: string | null;
          /** Why it has no answer */
          error: {
            /** As of an execution */
            code: string;
            /** What went wrong */
            detail: string;
          } | null;
          /** The run whose results these are, where nothing was executed */
          reused_from: string | null;
          /** The mean of its trials, ms */
          latency_ms: number;
        }>;
      };
      "202": {
        /** The id of the run */
        id: string;
        /** How the run stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt that is tested */
        prompt: {
          /** Its name */
          name: string;
          /** The version that was run */
          version: number;
        };
        /** When the run was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** How often each test is tried */
        repeat: number;
        /** What the run may cost; null without a limit */
        max_cost_usd: number | null;
        /** Tests by models */
        total: number;
        /** Those all of whose trials passed */
        passed: number;
        /** Those with a trial that did not pass */
        failed: number;
        /** Those that passed and failed */
        flaky: number;
        /** The share of trials that passed; null before the first */
        pass_rate: number | null;
        /** A 95 % interval of the pass rate: its ends */
        interval: Array<number>;
        /** The chance that k trials of a test all pass, for k = 1, 2, … */
        pass_hat_k: Array<number>;
        /** The weighted mean of the scores; null before the first */
        score: number | null;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** The tests that have begun, in their order */
        results: Array<{
          /** The name of the case */
          test: string;
          /** Null for the prompt's own */
          model: string | null;
          /** Its trials so far */
          repeats: number;
          /** Whether all trials passed */
          passed: boolean;
          /** Whether only some trials passed */
          flaky: boolean;
          /** The share of trials that passed */
          pass_rate: number;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The score of each trial */
          scores: Array<number>;
          /** Those of the first trial that failed, or else of the first */
          checks: Array<{
            /** The assertion's type, after `not ` where that is expected */
            kind: string;
            /** Whether it was met */
            passed: boolean;
            /** How well it was met */
            score: number;
            /** What was expected and seen */
            detail: string;
          }>;
          /** The beginning of its answer */
          output: string | null;
          /** Its execution; null where none began */
          execution_id: string | null;
          /** Why it has no answer */
          error: {
            /** As of an execution */
            code: string;
            /** What went wrong */
            detail: string;
          } | null;
          /** The run whose results these are, where nothing was executed */
          reused_from: string | null;
          /** The mean of its trials, ms */
          latency_ms: number;
        }>;
      };
    };
  };
  /** List the test runs of a prompt, newest first */
  "GET /v1/prompts/{name}/test-runs": {
    request: {
      path: {
        /** The prompt */
        name: string;
      };
      query?: {
        limit?: number;
        cursor?: string;
        /** Only runs of this version */
        version?: number;
      };
    };
    replies: {
      "200": {
        data: Array<{
          /** The id of the run */
          id: string;
          /** How the run stands */
          status: "running" | "completed" | "cancelled";
          /** The prompt that is tested */
          prompt: {
            /** Its name */
            name: string;
            /** The version that was run */
            version: number;
          };
          /** When the run was accepted */
          created_at: string;
          /** When it ended */
          ended_at: string | null;
          /** What it counted at its end; null before that */
          counts: {
            /** Tests by models */
            total: number;
            /** Those all of whose trials passed */
            passed: number;
            /** Those with a trial that did not pass */
            failed: number;
            /** Those that passed and failed */
            flaky: number;
            /** The share of trials that passed; null before the first */
            pass_rate: number | null;
            /** A 95 % interval of the pass rate: its ends */
            interval: Array<number>;
            /** The chance that k trials of a test all pass, for k = 1, 2, … */
            pass_hat_k: Array<number>;
            /** The weighted mean of the scores; null before the first */
            score: number | null;
            /** With the judges'; null where a price is unknown */
            cost_usd: number | null;
          } | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** The progress of a test run as server-sent events */
  "GET /v1/test-runs/{id}/events": {
    request: {
      path: {
        /** The id of the run */
        id: string;
      };
    };
    replies: { "200": string };
  };
  /** Read a test run */
  "GET /v1/test-runs/{id}": {
    request: {
      path: {
        /** The id of the run */
        id: string;
      };
    };
    replies: {
      "200": {
        /** The id of the run */
        id: string;
        /** How the run stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt that is tested */
        prompt: {
          /** Its name */
          name: string;
          /** The version that was run */
          version: number;
        };
        /** When the run was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** How often each test is tried */
        repeat: number;
        /** What the run may cost; null without a limit */
        max_cost_usd: number | null;
        /** Tests by models */
        total: number;
        /** Those all of whose trials passed */
        passed: number;
        /** Those with a trial that did not pass */
        failed: number;
        /** Those that passed and failed */
        flaky: number;
        /** The share of trials that passed; null before the first */
        pass_rate: number | null;
        /** A 95 % interval of the pass rate: its ends */
        interval: Array<number>;
        /** The chance that k trials of a test all pass, for k = 1, 2, … */
        pass_hat_k: Array<number>;
        /** The weighted mean of the scores; null before the first */
        score: number | null;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** The tests that have begun, in their order */
        results: Array<{
          /** The name of the case */
          test: string;
          /** Null for the prompt's own */
          model: string | null;
          /** Its trials so far */
          repeats: number;
          /** Whether all trials passed */
          passed: boolean;
          /** Whether only some trials passed */
          flaky: boolean;
          /** The share of trials that passed */
          pass_rate: number;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The score of each trial */
          scores: Array<number>;
          /** Those of the first trial that failed, or else of the first */
          checks: Array<{
            /** The assertion's type, after `not ` where that is expected */
            kind: string;
            /** Whether it was met */
            passed: boolean;
            /** How well it was met */
            score: number;
            /** What was expected and seen */
            detail: string;
          }>;
          /** The beginning of its answer */
          output: string | null;
          /** Its execution; null where none began */
          execution_id: string | null;
          /** Why it has no answer */
          error: {
            /** As of an execution */
            code: string;
            /** What went wrong */
            detail: string;
          } | null;
          /** The run whose results these are, where nothing was executed */
          reused_from: string | null;
          /** The mean of its trials, ms */
          latency_ms: number;
        }>;
      };
    };
  };
  /** Read a test run as JUnit XML */
  "GET /v1/test-runs/{id}/junit.xml": {
    request: {
      path: {
        /** The id of the run */
        id: string;
      };
    };
    replies: { "200": string };
  };
  /** Cancel a test run: no further trial begins */
  "POST /v1/test-runs/{id}/cancel": {
    request: {
      path: {
        /** The id of the run */
        id: string;
      };
    };
    replies: {
      "200": {
        /** The id of the run */
        id: string;
        /** How the run stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt that is tested */
        prompt: {
          /** Its name */
          name: string;
          /** The version that was run */
          version: number;
        };
        /** When the run was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** How often each test is tried */
        repeat: number;
        /** What the run may cost; null without a limit */
        max_cost_usd: number | null;
        /** Tests by models */
        total: number;
        /** Those all of whose trials passed */
        passed: number;
        /** Those with a trial that did not pass */
        failed: number;
        /** Those that passed and failed */
        flaky: number;
        /** The share of trials that passed; null before the first */
        pass_rate: number | null;
        /** A 95 % interval of the pass rate: its ends */
        interval: Array<number>;
        /** The chance that k trials of a test all pass, for k = 1, 2, … */
        pass_hat_k: Array<number>;
        /** The weighted mean of the scores; null before the first */
        score: number | null;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** The tests that have begun, in their order */
        results: Array<{
          /** The name of the case */
          test: string;
          /** Null for the prompt's own */
          model: string | null;
          /** Its trials so far */
          repeats: number;
          /** Whether all trials passed */
          passed: boolean;
          /** Whether only some trials passed */
          flaky: boolean;
          /** The share of trials that passed */
          pass_rate: number;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The score of each trial */
          scores: Array<number>;
          /** Those of the first trial that failed, or else of the first */
          checks: Array<{
            /** The assertion's type, after `not ` where that is expected */
            kind: string;
            /** Whether it was met */
            passed: boolean;
            /** How well it was met */
            score: number;
            /** What was expected and seen */
            detail: string;
          }>;
          /** The beginning of its answer */
          output: string | null;
          /** Its execution; null where none began */
          execution_id: string | null;
          /** Why it has no answer */
          error: {
            /** As of an execution */
            code: string;
            /** What went wrong */
            detail: string;
          } | null;
          /** The run whose results these are, where nothing was executed */
          reused_from: string | null;
          /** The mean of its trials, ms */
          latency_ms: number;
        }>;
      };
    };
  };
  /** Set what a label has to pass before it moves */
  "PUT /v1/prompts/{name}/labels/{label}/protection": {
    request: {
      path: {
        /** The prompt */
        name: string;
        /** The label; it need not be set yet */
        label: string;
      };
      body: {
        /** The new version's tests pass about as often as with the served version */
        tests: boolean;
        /** The new version takes the variables that callers give */
        compatible_variables: boolean;
        /** Approvals by other keys than the one that asks */
        approvals: number;
        /** A split goes back to the old version where a new one is worse */
        auto_rollback?: {
          /** Failed executions count */
          errors?: boolean;
          /** Scores of feedback count */
          feedback?: boolean;
          /** Runs of the versions' own tests count */
          tests?: boolean;
          /** The chance of a rollback over the life of a split whose versions are equally good */
          false_alarm_rate?: number;
        };
      };
    };
    replies: {
      "200": {
        tests: boolean;
        compatible_variables: boolean;
        approvals: number;
        auto_rollback?: { errors: boolean; feedback: boolean; tests: boolean; false_alarm_rate: number };
      };
    };
  };
  /** Read what a label has to pass before it moves */
  "GET /v1/prompts/{name}/labels/{label}/protection": {
    request: {
      path: {
        /** The prompt */
        name: string;
        /** The label; it need not be set yet */
        label: string;
      };
    };
    replies: {
      "200": {
        tests: boolean;
        compatible_variables: boolean;
        approvals: number;
        auto_rollback?: { errors: boolean; feedback: boolean; tests: boolean; false_alarm_rate: number };
      };
    };
  };
  /** List promotions, newest first */
  "GET /v1/promotions": {
    request: { query?: { limit?: number; cursor?: string; status?: "pending" | "promoted" | "failed" | "cancelled" } };
    replies: {
      "200": {
        data: Array<{
          id: string;
          /** `promoted`: the label has moved */
          status: "pending" | "promoted" | "failed" | "cancelled";
          checks: Array<{
            name: "compatible_variables" | "tests" | "approvals";
            status: "pending" | "passed" | "failed";
            /** What was found */
            detail: string;
          }>;
          prompt: string;
          label: string;
          /** What the label meant; null where it was not set */
          from: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
          /** What it is to mean */
          to: { version?: number; split?: Array<{ version: number; weight: number }> };
          reason: string | null;
          /** The key that asked */
          asked_by: string;
          approvals: Array<{ key_id: string; approved_at: string }>;
          created_at: string;
          ended_at: string | null;
          /** The key that cancelled it, or changed the protection */
          ended_by: string | null;
          /** Why it ended, where its checks do not say it */
          detail: string | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Read a promotion */
  "GET /v1/promotions/{id}": {
    request: {
      path: {
        /** The id of the promotion */
        id: string;
      };
    };
    replies: {
      "200": {
        id: string;
        /** `promoted`: the label has moved */
        status: "pending" | "promoted" | "failed" | "cancelled";
        checks: Array<{
          name: "compatible_variables" | "tests" | "approvals";
          status: "pending" | "passed" | "failed";
          /** What was found */
          detail: string;
        }>;
        prompt: string;
        label: string;
        /** What the label meant; null where it was not set */
        from: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
        /** What it is to mean */
        to: { version?: number; split?: Array<{ version: number; weight: number }> };
        reason: string | null;
        /** The key that asked */
        asked_by: string;
        approvals: Array<{ key_id: string; approved_at: string }>;
        created_at: string;
        ended_at: string | null;
        /** The key that cancelled it, or changed the protection */
        ended_by: string | null;
        /** Why it ended, where its checks do not say it */
        detail: string | null;
      };
    };
  };
  /** Approve a promotion, by another key than the one that asked */
  "POST /v1/promotions/{id}/approve": {
    request: {
      path: {
        /** The id of the promotion */
        id: string;
      };
    };
    replies: {
      "200": {
        id: string;
        /** `promoted`: the label has moved */
        status: "pending" | "promoted" | "failed" | "cancelled";
        checks: Array<{
          name: "compatible_variables" | "tests" | "approvals";
          status: "pending" | "passed" | "failed";
          /** What was found */
          detail: string;
        }>;
        prompt: string;
        label: string;
        /** What the label meant; null where it was not set */
        from: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
        /** What it is to mean */
        to: { version?: number; split?: Array<{ version: number; weight: number }> };
        reason: string | null;
        /** The key that asked */
        asked_by: string;
        approvals: Array<{ key_id: string; approved_at: string }>;
        created_at: string;
        ended_at: string | null;
        /** The key that cancelled it, or changed the protection */
        ended_by: string | null;
        /** Why it ended, where its checks do not say it */
        detail: string | null;
      };
    };
  };
  /** Cancel a pending promotion */
  "POST /v1/promotions/{id}/cancel": {
    request: {
      path: {
        /** The id of the promotion */
        id: string;
      };
    };
    replies: {
      "200": {
        id: string;
        /** `promoted`: the label has moved */
        status: "pending" | "promoted" | "failed" | "cancelled";
        checks: Array<{
          name: "compatible_variables" | "tests" | "approvals";
          status: "pending" | "passed" | "failed";
          /** What was found */
          detail: string;
        }>;
        prompt: string;
        label: string;
        /** What the label meant; null where it was not set */
        from: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
        /** What it is to mean */
        to: { version?: number; split?: Array<{ version: number; weight: number }> };
        reason: string | null;
        /** The key that asked */
        asked_by: string;
        approvals: Array<{ key_id: string; approved_at: string }>;
        created_at: string;
        ended_at: string | null;
        /** The key that cancelled it, or changed the protection */
        ended_by: string | null;
        /** Why it ended, where its checks do not say it */
        detail: string | null;
      };
    };
  };
  /** Read tests of promptfoo or OpenAI's Evals */
  "POST /v1/import/tests": {
    request: { body: string | Record<string, unknown> };
    replies: {
      "200": {
        /** What was sent */
        format: "promptfoo" | "openai-evals";
        /** Prompts to publish, each with a name and its template or messages */
        prompts: Array<Record<string, unknown>>;
        /** The models of the file, as a run names them */
        models: Array<string>;
        /** Cases, as a run takes them */
        tests: Array<Record<string, unknown>>;
        /** How often the file runs each test */
        repeat?: number;
        /** How many tests the file runs at a time */
        concurrency?: number;
        /** All that could not be taken over */
        left_out: Array<{
          /** Where it stands in the file */
          path: string;
          /** Why it is not taken over */
          reason: string;
        }>;
      };
    };
  };
  /** Compare versions and models on the same inputs */
  "POST /v1/compare": {
    request: {
      headers?: {
        /** The same key and body give the first comparison again for a day */
        "idempotency-key"?: string;
      };
      body: {
        /** The prompt */
        prompt: string;
        /** Versions by models, which answer the same inputs */
        subjects: Array<{
          /** A version */
          version?: number;
          /** The label whose version is compared, in place of `version` */
          label?: string;
          /** In place of the prompt's models */
          model?: string;
        }>;
        /** The variables of each input */
        inputs?: Array<Record<string, unknown>>;
        /** In place of `inputs`: the tests of the newest version, or these */
        tests?:
          | true
          | Array<{
              /** The name of the case */
              name: string;
              /** The variables of the prompt */
              variables?: Record<string, unknown>;
              /** A conversation after the prompt's own messages */
              messages?: Array<
                | {
                    role: "user" | "developer" | "system";
                    content:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >;
                  }
                | {
                    role: "assistant";
                    content?:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >
                      | null;
                    tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
                  }
                | {
                    role: "tool";
                    content:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >;
                    tool_call_id: string;
                  }
              >;
              /** What is expected; without any, the execution has to succeed */
              assertions?: Array<{
                /** What is checked */
                type:
                  | "equals"
                  | "contains"
                  | "contains_all"
                  | "contains_any"
                  | "starts_with"
                  | "regex"
                  | "is_json"
                  | "json_schema"
                  | "json_path"
                  | "keywords"
                  | "max_length"
                  | "min_length"
                  | "max_latency_ms"
                  | "max_cost_usd"
                  | "max_tokens"
                  | "tool_call"
                  | "refusal"
                  | "edit_similarity"
                  | "token_overlap"
                  | "embedding_similarity"
                  | "llm_rubric";
                /** What is expected, in the form that the type asks */
                value?: unknown;
                /** For json_path: where the value is, such as items[0].name */
                path?: string;
                /** For embedding_similarity: the model that makes the vectors */
                model?: string;
                /** Whether upper and lower case are the same */
                ignore_case?: boolean;
                /** The least score of a graded assertion */
                threshold?: number;
                /** Its share in the score, 1 by default; 0 only reports */
                weight?: number;
                /** Whether the opposite is expected */
                not?: boolean;
              }>;
              /** Its share in the score of the run */
              weight?: number;
              /** The least score; else every assertion has to pass */
              threshold?: number;
            }>;
        /** Whether a model compares the answers in pairs, and how */
        judge?:
          | true
          | {
              /** What makes an answer the better one */
              criteria?: string;
              /** In place of the deployment's judge */
              model?: string;
            };
        /** Answers of each subject to each input */
        repeat?: number;
        /** What all executions cost at most */
        max_cost_usd?: number;
      };
    };
    replies: {
      "200": {
        /** The id of the comparison */
        id: string;
        /** How it stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt's name */
        prompt: string;
        /** When it was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** Why it ended without some of its executions: what was left did not cover the next one */
        stopped: "max_cost_usd" | null;
        /** Its executions, without those of rubrics */
        total: number;
        /** Those that have ended */
        done: number;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** What is compared, as it was asked for */
        subjects: Array<{
          /** Its version */
          version: number;
          /** The label that led to the version */
          label: string | null;
          /** Null for the prompt's own */
          model: string | null;
          /** Its answers so far */
          answers: number;
          /** Those that are an error */
          failed: number;
          /** The share that passed; null before the first */
          pass_rate: number | null;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The mean score */
          score: number | null;
          /** Of all answers; null where a price is unknown */
          cost_usd: number | null;
          /** The mean, ms */
          latency_ms: number | null;
          /** The mean of prompt and answer */
          tokens: number | null;
        }>;
        /** Each two subjects, by their places */
        pairs: Array<{
          /** The place of a subject, from 0 */
          a: number;
          /** The place of a subject, from 0 */
          b: number;
          /** Of answers to the same input: by the judge, or else by score */
          wins: {
            /** Those of a */
            a: number;
            /** Those of b */
            b: number;
            /** Neither's */
            ties: number;
          };
          /** The share of a's wins less b's, by the judge; null without one */
          preference: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          } | null;
          score: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          cost_usd: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          latency_ms: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          tokens: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          /** Who is better by preference, or else by score, where the interval excludes 0; else null */
          verdict: "a" | "b" | null;
        }>;
        /** Each input with its answers so far */
        inputs: Array<{
          /** The test, or the number of the input */
          name: string;
          /** Which repetition, from 0 */
          round: number;
          /** Side by side */
          answers: Array<{
            /** The place of a subject, from 0 */
            subject: number;
            /** Whether it met what was expected */
            passed: boolean;
            /** How well it met it */
            score: number;
            /** The beginning of the answer */
            output: string | null;
            /** Why there is no answer */
            error: { code: string; detail: string } | null;
            /** Its execution; null where none began */
            execution_id: string | null;
            /** With the rubrics'; null where a price is unknown */
            cost_usd: number | null;
            /** How long it took, ms */
            latency_ms: number;
            /** Of prompt and answer */
            tokens: number;
          }>;
        }>;
      };
      "202": {
        /** The id of the comparison */
        id: string;
        /** How it stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt's name */
        prompt: string;
        /** When it was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** Why it ended without some of its executions: what was left did not cover the next one */
        stopped: "max_cost_usd" | null;
        /** Its executions, without those of rubrics */
        total: number;
        /** Those that have ended */
        done: number;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** What is compared, as it was asked for */
        subjects: Array<{
          /** Its version */
          version: number;
          /** The label that led to the version */
          label: string | null;
          /** Null for the prompt's own */
          model: string | null;
          /** Its answers so far */
          answers: number;
          /** Those that are an error */
          failed: number;
          /** The share that passed; null before the first */
          pass_rate: number | null;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The mean score */
          score: number | null;
          /** Of all answers; null where a price is unknown */
          cost_usd: number | null;
          /** The mean, ms */
          latency_ms: number | null;
          /** The mean of prompt and answer */
          tokens: number | null;
        }>;
        /** Each two subjects, by their places */
        pairs: Array<{
          /** The place of a subject, from 0 */
          a: number;
          /** The place of a subject, from 0 */
          b: number;
          /** Of answers to the same input: by the judge, or else by score */
          wins: {
            /** Those of a */
            a: number;
            /** Those of b */
            b: number;
            /** Neither's */
            ties: number;
          };
          /** The share of a's wins less b's, by the judge; null without one */
          preference: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          } | null;
          score: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          cost_usd: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          latency_ms: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          tokens: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          /** Who is better by preference, or else by score, where the interval excludes 0; else null */
          verdict: "a" | "b" | null;
        }>;
        /** Each input with its answers so far */
        inputs: Array<{
          /** The test, or the number of the input */
          name: string;
          /** Which repetition, from 0 */
          round: number;
          /** Side by side */
          answers: Array<{
            /** The place of a subject, from 0 */
            subject: number;
            /** Whether it met what was expected */
            passed: boolean;
            /** How well it met it */
            score: number;
            /** The beginning of the answer */
            output: string | null;
            /** Why there is no answer */
            error: { code: string; detail: string } | null;
            /** Its execution; null where none began */
            execution_id: string | null;
            /** With the rubrics'; null where a price is unknown */
            cost_usd: number | null;
            /** How long it took, ms */
            latency_ms: number;
            /** Of prompt and answer */
            tokens: number;
          }>;
        }>;
      };
    };
  };
  /** List comparisons, newest first */
  "GET /v1/comparisons": {
    request: {
      query?: {
        limit?: number;
        cursor?: string;
        /** Only those of this prompt */
        prompt?: string;
        /** Only those that stand so */
        status?: "running" | "completed" | "cancelled";
      };
    };
    replies: {
      "200": {
        data: Array<{
          /** The id of the comparison */
          id: string;
          /** How it stands */
          status: "running" | "completed" | "cancelled";
          /** The prompt's name */
          prompt: string;
          /** When it was accepted */
          created_at: string;
          /** When it ended */
          ended_at: string | null;
          /** What is compared */
          subjects: Array<{
            /** Its version */
            version: number;
            /** The label that led to the version */
            label: string | null;
            /** Null for the prompt's own */
            model: string | null;
          }>;
          /** Its inputs */
          inputs: number;
          /** How often each subject answers each of them */
          repeat: number;
          /** Whether a model compares the answers */
          judged: boolean;
          /** Its executions, without those of rubrics */
          total: number;
          /** What it may cost; null without a limit */
          max_cost_usd: number | null;
          /** What it had found by its end; null before that, and in those of earlier versions */
          counts: {
            /** Its executions, without those of rubrics */
            total: number;
            /** Those that have ended */
            done: number;
            /** With the judges'; null where a price is unknown */
            cost_usd: number | null;
            /** By their places */
            subjects: Array<{
              /** The share that passed; null before the first */
              pass_rate: number | null;
              /** The mean score */
              score: number | null;
            }>;
            /** Each two subjects */
            pairs: Array<{
              /** The place of a subject, from 0 */
              a: number;
              /** The place of a subject, from 0 */
              b: number;
              /** Who is better by preference, or else by score, where the interval excludes 0; else null */
              verdict: "a" | "b" | null;
            }>;
          } | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Read a comparison */
  "GET /v1/comparisons/{id}": {
    request: {
      path: {
        /** The id of the comparison */
        id: string;
      };
    };
    replies: {
      "200": {
        /** The id of the comparison */
        id: string;
        /** How it stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt's name */
        prompt: string;
        /** When it was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** Why it ended without some of its executions: what was left did not cover the next one */
        stopped: "max_cost_usd" | null;
        /** Its executions, without those of rubrics */
        total: number;
        /** Those that have ended */
        done: number;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** What is compared, as it was asked for */
        subjects: Array<{
          /** Its version */
          version: number;
          /** The label that led to the version */
          label: string | null;
          /** Null for the prompt's own */
          model: string | null;
          /** Its answers so far */
          answers: number;
          /** Those that are an error */
          failed: number;
          /** The share that passed; null before the first */
          pass_rate: number | null;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The mean score */
          score: number | null;
          /** Of all answers; null where a price is unknown */
          cost_usd: number | null;
          /** The mean, ms */
          latency_ms: number | null;
          /** The mean of prompt and answer */
          tokens: number | null;
        }>;
        /** Each two subjects, by their places */
        pairs: Array<{
          /** The place of a subject, from 0 */
          a: number;
          /** The place of a subject, from 0 */
          b: number;
          /** Of answers to the same input: by the judge, or else by score */
          wins: {
            /** Those of a */
            a: number;
            /** Those of b */
            b: number;
            /** Neither's */
            ties: number;
          };
          /** The share of a's wins less b's, by the judge; null without one */
          preference: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          } | null;
          score: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          cost_usd: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          latency_ms: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          tokens: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          /** Who is better by preference, or else by score, where the interval excludes 0; else null */
          verdict: "a" | "b" | null;
        }>;
        /** Each input with its answers so far */
        inputs: Array<{
          /** The test, or the number of the input */
          name: string;
          /** Which repetition, from 0 */
          round: number;
          /** Side by side */
          answers: Array<{
            /** The place of a subject, from 0 */
            subject: number;
            /** Whether it met what was expected */
            passed: boolean;
            /** How well it met it */
            score: number;
            /** The beginning of the answer */
            output: string | null;
            /** Why there is no answer */
            error: { code: string; detail: string } | null;
            /** Its execution; null where none began */
            execution_id: string | null;
            /** With the rubrics'; null where a price is unknown */
            cost_usd: number | null;
            /** How long it took, ms */
            latency_ms: number;
            /** Of prompt and answer */
            tokens: number;
          }>;
        }>;
      };
    };
  };
  /** Cancel a comparison: nothing further is executed */
  "POST /v1/comparisons/{id}/cancel": {
    request: {
      path: {
        /** The id of the comparison */
        id: string;
      };
    };
    replies: {
      "200": {
        /** The id of the comparison */
        id: string;
        /** How it stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt's name */
        prompt: string;
        /** When it was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** Why it ended without some of its executions: what was left did not cover the next one */
        stopped: "max_cost_usd" | null;
        /** Its executions, without those of rubrics */
        total: number;
        /** Those that have ended */
        done: number;
        /** With the judges'; null where a price is unknown */
        cost_usd: number | null;
        /** What is compared, as it was asked for */
        subjects: Array<{
          /** Its version */
          version: number;
          /** The label that led to the version */
          label: string | null;
          /** Null for the prompt's own */
          model: string | null;
          /** Its answers so far */
          answers: number;
          /** Those that are an error */
          failed: number;
          /** The share that passed; null before the first */
          pass_rate: number | null;
          /** A 95 % interval of the pass rate: its ends */
          interval: Array<number>;
          /** The mean score */
          score: number | null;
          /** Of all answers; null where a price is unknown */
          cost_usd: number | null;
          /** The mean, ms */
          latency_ms: number | null;
          /** The mean of prompt and answer */
          tokens: number | null;
        }>;
        /** Each two subjects, by their places */
        pairs: Array<{
          /** The place of a subject, from 0 */
          a: number;
          /** The place of a subject, from 0 */
          b: number;
          /** Of answers to the same input: by the judge, or else by score */
          wins: {
            /** Those of a */
            a: number;
            /** Those of b */
            b: number;
            /** Neither's */
            ties: number;
          };
          /** The share of a's wins less b's, by the judge; null without one */
          preference: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          } | null;
          score: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          cost_usd: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          latency_ms: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          tokens: {
            /** The mean over the inputs: that of a less that of b */
            difference: number | null;
            /** A 95 % interval of the difference; null where nothing is known */
            interval: Array<number> | null;
          };
          /** Who is better by preference, or else by score, where the interval excludes 0; else null */
          verdict: "a" | "b" | null;
        }>;
        /** Each input with its answers so far */
        inputs: Array<{
          /** The test, or the number of the input */
          name: string;
          /** Which repetition, from 0 */
          round: number;
          /** Side by side */
          answers: Array<{
            /** The place of a subject, from 0 */
            subject: number;
            /** Whether it met what was expected */
            passed: boolean;
            /** How well it met it */
            score: number;
            /** The beginning of the answer */
            output: string | null;
            /** Why there is no answer */
            error: { code: string; detail: string } | null;
            /** Its execution; null where none began */
            execution_id: string | null;
            /** With the rubrics'; null where a price is unknown */
            cost_usd: number | null;
            /** How long it took, ms */
            latency_ms: number;
            /** Of prompt and answer */
            tokens: number;
          }>;
        }>;
      };
    };
  };
  /** Look for a shorter or better version of a prompt */
  "POST /v1/prompts/{name}/optimize": {
    request: {
      path: {
        /** The prompt */
        name: string;
      };
      headers?: {
        /** The same key and body give the first optimisation again for a day */
        "idempotency-key"?: string;
      };
      body: {
        /** Fewer tokens at no lower pass rate, or a higher score */
        goal: "tokens" | "score";
        /** What all executions cost at most */
        max_cost_usd: number;
        /** For `tokens`: the least share to save */
        min_saving?: number;
        /** The largest loss of pass rate that counts as none */
        margin?: number;
        /** The boldest of the fixed passes to try; with `safe` no example is left out, either */
        level?: "safe" | "concise" | "telegraphic";
        /** Candidates that a model proposes */
        reflections?: number;
        /** How often each test is tried to confirm a candidate; by default as often as the margin needs */
        repeat?: number;
        /** The version's own, or these */
        tests?:
          | true
          | Array<{
              /** The name of the case */
              name: string;
              /** The variables of the prompt */
              variables?: Record<string, unknown>;
              /** A conversation after the prompt's own messages */
              messages?: Array<
                | {
                    role: "user" | "developer" | "system";
                    content:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >;
                  }
                | {
                    role: "assistant";
                    content?:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >
                      | null;
                    tool_calls?: Array<{ id: string; name: string; arguments?: unknown }>;
                  }
                | {
                    role: "tool";
                    content:
                      | string
                      | Array<
                          | { type: "text"; text: string; cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" } }
                          | {
                              type: "image";
                              image: unknown;
                              detail?: "low" | "high" | "auto";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "file";
                              file: unknown;
                              filename?: string;
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                          | {
                              type: "audio";
                              audio: unknown;
                              format?: "wav" | "mp3";
                              cache_control?: { type: "ephemeral"; ttl?: "5m" | "1h" };
                            }
                        >;
                    tool_call_id: string;
                  }
              >;
              /** What is expected; without any, the execution has to succeed */
              assertions?: Array<{
                /** What is checked */
                type:
                  | "equals"
                  | "contains"
                  | "contains_all"
                  | "contains_any"
                  | "starts_with"
                  | "regex"
                  | "is_json"
                  | "json_schema"
                  | "json_path"
                  | "keywords"
                  | "max_length"
                  | "min_length"
                  | "max_latency_ms"
                  | "max_cost_usd"
                  | "max_tokens"
                  | "tool_call"
                  | "refusal"
                  | "edit_similarity"
                  | "token_overlap"
                  | "embedding_similarity"
                  | "llm_rubric";
                /** What is expected, in the form that the type asks */
                value?: unknown;
                /** For json_path: where the value is, such as items[0].name */
                path?: string;
                /** For embedding_similarity: the model that makes the vectors */
                model?: string;
                /** Whether upper and lower case are the same */
                ignore_case?: boolean;
                /** The least score of a graded assertion */
                threshold?: number;
                /** Its share in the score, 1 by default; 0 only reports */
                weight?: number;
                /** Whether the opposite is expected */
                not?: boolean;
              }>;
              /** Its share in the score of the run */
              weight?: number;
              /** The least score; else every assertion has to pass */
              threshold?: number;
            }>;
        /** The version to begin with */
        version?: number;
        /** The label whose version to begin with, in place of `version` */
        label?: string;
      };
    };
    replies: {
      "202": {
        /** The id of the optimisation */
        id: string;
        /** How it stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt */
        prompt: {
          /** Its name */
          name: string;
          /** The version it begins with */
          version: number;
        };
        /** What it looks for */
        goal: "tokens" | "score";
        /** The least share of tokens to save */
        min_saving: number;
        /** The largest loss of pass rate that counts as none */
        margin: number;
        /** What it may cost */
        max_cost_usd: number;
        /** When it was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** The cases that candidates are tried on */
        tests: number;
        /** How often each is tried of both sides to confirm a candidate */
        repeat: number;
        /** What it cost so far; null where a price is unknown */
        cost_usd: number | null;
        /** Declared variables that no template uses */
        unused_variables: Array<string>;
        /** The version first */
        candidates: Array<{
          /** The version itself, what fixed passes made of it, that with fewer examples, or a model's proposal */
          origin: "original" | "passes" | "fewer_examples" | "reflection";
          /** The boldest of the fixed passes that made it */
          level: "safe" | "concise" | "telegraphic" | null;
          /** The place of the candidate that it was made of, from 0 */
          parent: number | null;
          /** What was done */
          changes: Array<string>;
          /** Its templates, in the order of the messages */
          texts: Array<string>;
          /** Of the prompt, as billed in the tests, or else estimated; the mean of the tests */
          tokens: number;
          /** The share of the version's tokens that it saves */
          saving: number;
          /** Tests that it was tried on */
          trials: number;
          /** The share of them that passed */
          pass_rate: number | null;
          /** Their mean score */
          score: number | null;
          /** Whether no other one has fewer tokens and a higher score */
          on_front: boolean;
        }>;
        /** Why proposals of the model could not be tried */
        failed_proposals: Array<string>;
        /** What trials made anew say of the candidate that was chosen */
        confirmation: {
          /** The place of the candidate, from 0 */
          candidate: number;
          /** Trials of both sides so far */
          pairs: number;
          /** Those that are to be made */
          planned: number;
          /** The version's, and the candidate's */
          pass_rates: Array<number>;
          /** The candidate less the version: of pass rates, or for the goal `score` of scores */
          difference: number;
          /** A 95 % interval of the difference */
          interval: Array<number> | null;
          /** Whether the interval lies above the margin, or for the goal `score` above 0 */
          shown: boolean;
        } | null;
        /** The version that was published, without a label */
        published: number | null;
        /** Why nothing was published */
        reason: string | null;
      };
    };
  };
  /** Read an optimisation */
  "GET /v1/optimizations/{id}": {
    request: {
      path: {
        /** The id of the optimisation */
        id: string;
      };
    };
    replies: {
      "200": {
        /** The id of the optimisation */
        id: string;
        /** How it stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt */
        prompt: {
          /** Its name */
          name: string;
          /** The version it begins with */
          version: number;
        };
        /** What it looks for */
        goal: "tokens" | "score";
        /** The least share of tokens to save */
        min_saving: number;
        /** The largest loss of pass rate that counts as none */
        margin: number;
        /** What it may cost */
        max_cost_usd: number;
        /** When it was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** The cases that candidates are tried on */
        tests: number;
        /** How often each is tried of both sides to confirm a candidate */
        repeat: number;
        /** What it cost so far; null where a price is unknown */
        cost_usd: number | null;
        /** Declared variables that no template uses */
        unused_variables: Array<string>;
        /** The version first */
        candidates: Array<{
          /** The version itself, what fixed passes made of it, that with fewer examples, or a model's proposal */
          origin: "original" | "passes" | "fewer_examples" | "reflection";
          /** The boldest of the fixed passes that made it */
          level: "safe" | "concise" | "telegraphic" | null;
          /** The place of the candidate that it was made of, from 0 */
          parent: number | null;
          /** What was done */
          changes: Array<string>;
          /** Its templates, in the order of the messages */
          texts: Array<string>;
          /** Of the prompt, as billed in the tests, or else estimated; the mean of the tests */
          tokens: number;
          /** The share of the version's tokens that it saves */
          saving: number;
          /** Tests that it was tried on */
          trials: number;
          /** The share of them that passed */
          pass_rate: number | null;
          /** Their mean score */
          score: number | null;
          /** Whether no other one has fewer tokens and a higher score */
          on_front: boolean;
        }>;
        /** Why proposals of the model could not be tried */
        failed_proposals: Array<string>;
        /** What trials made anew say of the candidate that was chosen */
        confirmation: {
          /** The place of the candidate, from 0 */
          candidate: number;
          /** Trials of both sides so far */
          pairs: number;
          /** Those that are to be made */
          planned: number;
          /** The version's, and the candidate's */
          pass_rates: Array<number>;
          /** The candidate less the version: of pass rates, or for the goal `score` of scores */
          difference: number;
          /** A 95 % interval of the difference */
          interval: Array<number> | null;
          /** Whether the interval lies above the margin, or for the goal `score` above 0 */
          shown: boolean;
        } | null;
        /** The version that was published, without a label */
        published: number | null;
        /** Why nothing was published */
        reason: string | null;
      };
    };
  };
  /** List optimisations, newest first */
  "GET /v1/optimizations": {
    request: {
      query?: {
        limit?: number;
        cursor?: string;
        /** Only those of this prompt */
        prompt?: string;
        /** Only those that stand so */
        status?: "running" | "completed" | "cancelled";
      };
    };
    replies: {
      "200": {
        data: Array<{
          /** The id of the optimisation */
          id: string;
          /** How it stands */
          status: "running" | "completed" | "cancelled";
          /** The prompt */
          prompt: {
            /** Its name */
            name: string;
            /** The version it begins with */
            version: number;
          };
          /** What it looks for */
          goal: "tokens" | "score";
          /** The least share of tokens to save */
          min_saving: number;
          /** The largest loss of pass rate that counts as none */
          margin: number;
          /** What it may cost */
          max_cost_usd: number;
          /** When it was accepted */
          created_at: string;
          /** When it ended */
          ended_at: string | null;
          /** What it had found by its end; null before that, and in those of earlier versions */
          counts: {
            /** What it cost; null where a price is unknown */
            cost_usd: number | null;
            /** The version that was published, without a label */
            published: number | null;
          } | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Cancel an optimisation: nothing further is executed or published */
  "POST /v1/optimizations/{id}/cancel": {
    request: {
      path: {
        /** The id of the optimisation */
        id: string;
      };
    };
    replies: {
      "200": {
        /** The id of the optimisation */
        id: string;
        /** How it stands */
        status: "running" | "completed" | "cancelled";
        /** The prompt */
        prompt: {
          /** Its name */
          name: string;
          /** The version it begins with */
          version: number;
        };
        /** What it looks for */
        goal: "tokens" | "score";
        /** The least share of tokens to save */
        min_saving: number;
        /** The largest loss of pass rate that counts as none */
        margin: number;
        /** What it may cost */
        max_cost_usd: number;
        /** When it was accepted */
        created_at: string;
        /** When it ended */
        ended_at: string | null;
        /** The cases that candidates are tried on */
        tests: number;
        /** How often each is tried of both sides to confirm a candidate */
        repeat: number;
        /** What it cost so far; null where a price is unknown */
        cost_usd: number | null;
        /** Declared variables that no template uses */
        unused_variables: Array<string>;
        /** The version first */
        candidates: Array<{
          /** The version itself, what fixed passes made of it, that with fewer examples, or a model's proposal */
          origin: "original" | "passes" | "fewer_examples" | "reflection";
          /** The boldest of the fixed passes that made it */
          level: "safe" | "concise" | "telegraphic" | null;
          /** The place of the candidate that it was made of, from 0 */
          parent: number | null;
          /** What was done */
          changes: Array<string>;
          /** Its templates, in the order of the messages */
          texts: Array<string>;
          /** Of the prompt, as billed in the tests, or else estimated; the mean of the tests */
          tokens: number;
          /** The share of the version's tokens that it saves */
          saving: number;
          /** Tests that it was tried on */
          trials: number;
          /** The share of them that passed */
          pass_rate: number | null;
          /** Their mean score */
          score: number | null;
          /** Whether no other one has fewer tokens and a higher score */
          on_front: boolean;
        }>;
        /** Why proposals of the model could not be tried */
        failed_proposals: Array<string>;
        /** What trials made anew say of the candidate that was chosen */
        confirmation: {
          /** The place of the candidate, from 0 */
          candidate: number;
          /** Trials of both sides so far */
          pairs: number;
          /** Those that are to be made */
          planned: number;
          /** The version's, and the candidate's */
          pass_rates: Array<number>;
          /** The candidate less the version: of pass rates, or for the goal `score` of scores */
          difference: number;
          /** A 95 % interval of the difference */
          interval: Array<number> | null;
          /** Whether the interval lies above the margin, or for the goal `score` above 0 */
          shown: boolean;
        } | null;
        /** The version that was published, without a label */
        published: number | null;
        /** Why nothing was published */
        reason: string | null;
      };
    };
  };
  /** Publish a version of a chain */
  "PUT /v1/chains/{name}": {
    request: {
      path: { name: string };
      headers?: {
        /** The newest version must be this one, such as `"3"` */
        "if-match"?: string;
      };
      body: string | Record<string, unknown>;
    };
    replies: {
      "200": {
        version: number;
        content_hash: string;
        created_at: string;
        warnings: Array<string>;
        name: string;
        labels: Array<string>;
        steps: Array<{
          id: string;
          /** The steps that it reads */
          needs: Array<string>;
        }>;
      };
      "201": {
        version: number;
        content_hash: string;
        created_at: string;
        warnings: Array<string>;
        name: string;
        labels: Array<string>;
        steps: Array<{
          id: string;
          /** The steps that it reads */
          needs: Array<string>;
        }>;
      };
    };
  };
  /** Read a version of a chain; `Accept: application/yaml` gives the file back */
  "GET /v1/chains/{name}": {
    request: { path: { name: string }; query?: { version?: number; label?: string } };
    replies: {
      "200": {
        version: number;
        content_hash: string;
        created_at: string;
        warnings: Array<string>;
        name: string;
        labels: Array<string>;
        steps: Array<{
          id: string;
          /** The steps that it reads */
          needs: Array<string>;
        }>;
        definition: { inputs: Record<string, unknown>; steps: Array<Record<string, unknown>> } & {
          [name: string]: unknown;
        };
      };
    };
  };
  /** Delete a chain with all its versions and labels; its runs go on */
  "DELETE /v1/chains/{name}": { request: { path: { name: string } }; replies: { "204": undefined } };
  /** List chains by name */
  "GET /v1/chains": {
    request: { query?: { limit?: number; cursor?: string } };
    replies: {
      "200": {
        data: Array<{ name: string; version: number; content_hash: string; created_at: string; updated_at: string }>;
        next_cursor: string | null;
      };
    };
  };
  /** List versions of a chain, newest first */
  "GET /v1/chains/{name}/versions": {
    request: { path: { name: string }; query?: { limit?: number; cursor?: string } };
    replies: {
      "200": {
        data: Array<{ version: number; content_hash: string; created_at: string; warnings: Array<string> }>;
        next_cursor: string | null;
      };
    };
  };
  /** Point a label of a chain at a version, or split it among several */
  "PUT /v1/chains/{name}/labels/{label}": {
    request: {
      path: {
        /** The chain */
        name: string;
        /** The label */
        label: string;
      };
      headers?: {
        /** The label must mean this version alone, such as `"3"` */
        "if-match"?: string;
      };
      body:
        | {
            version: number;
            /** Why; it stands in the label's history */
            reason?: string;
          }
        | {
            split: Array<{ version: number; weight: number }>;
            /** Why; it stands in the label's history */
            reason?: string;
          };
    };
    replies: {
      "200": { version?: number; split?: Array<{ version: number; weight: number }>; name: string; label: string };
    };
  };
  /** Delete a label of a chain; its history stays */
  "DELETE /v1/chains/{name}/labels/{label}": {
    request: {
      path: {
        /** The chain */
        name: string;
        /** The label */
        label: string;
      };
      query?: {
        /** Why; it stands in the label's history */
        reason?: string;
      };
      headers?: {
        /** The label must mean this version alone, such as `"3"` */
        "if-match"?: string;
      };
    };
    replies: { "204": undefined };
  };
  /** List a chain's labels by name; `latest` is not among them */
  "GET /v1/chains/{name}/labels": {
    request: {
      path: {
        /** The chain */
        name: string;
      };
      query?: { limit?: number; cursor?: string };
    };
    replies: {
      "200": {
        data: Array<{
          version?: number;
          split?: Array<{ version: number; weight: number }>;
          label: string;
          /** When it was moved last */
          updated_at: string;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** List who moved a label of a chain when, from what to what, and why; newest first */
  "GET /v1/chains/{name}/labels/{label}/history": {
    request: {
      path: {
        /** The chain */
        name: string;
        /** The label */
        label: string;
      };
      query?: { limit?: number; cursor?: string };
    };
    replies: {
      "200": {
        data: Array<{
          /** The id of the API key; null where none moved it */
          who: string | null;
          /** When it was moved */
          when: string;
          /** What it meant before; null where it was not set */
          from: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
          /** What it means since; null where it was deleted */
          to: { version?: number; split?: Array<{ version: number; weight: number }> } | null;
          /** The reason that was given */
          why: string | null;
          /** What moved it */
          cause:
            "set" | "rollback" | "promotion" | "automatic_rollback" | "deletion" | "prompt_deletion" | "chain_deletion";
          /** The promotion behind it */
          promotion: string | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Point a label of a chain at what it meant before */
  "POST /v1/chains/{name}/labels/{label}/rollback": {
    request: {
      path: {
        /** The chain */
        name: string;
        /** The label */
        label: string;
      };
      headers?: {
        /** The label must mean this version alone, such as `"3"` */
        "if-match"?: string;
      };
      body?: {
        /** Why; it stands in the label's history */
        reason?: string;
      };
    };
    replies: {
      "200": { version?: number; split?: Array<{ version: number; weight: number }>; name: string; label: string };
    };
  };
  /** Run a chain */
  "POST /v1/chains/{name}/execute": {
    request: {
      path: { name: string };
      headers?: {
        /** The same key and body give the same run again for a day; 409 while it goes on */
        "idempotency-key"?: string;
      };
      body?: {
        version?: number;
        label?: string;
        /** The inputs that the chain declares */
        inputs?: Record<string, unknown>;
        /** Another name of `inputs` */
        variables?: Record<string, unknown>;
        user?: string;
        metadata?: Record<string, string | number | boolean>;
        /** As for each of its executions */
        cache?: boolean;
        /** The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high` */
        priority?: "high" | "standard" | "batch";
        stream?: boolean;
        /** Accept now, run later: 202, and the run's address in `Location` */
        async?: boolean;
        /** No step begins after this time, and those under way end with it */
        timeout_ms?: number;
        /** The most that the run may spend */
        max_cost_usd?: number;
      };
    };
    replies: {
      "200": {
        id: string;
        status: "running" | "succeeded" | "partial" | "failed" | "cancelled";
        chain: { name: string; version: number; label: string | null };
        created_at: string;
        ended_at: string | null;
        /** That of the chain's last step */
        output: string | Array<string | null> | null;
        output_json?: unknown;
        /** Of the first step that failed */
        error: { code: string; detail: string; step: string } | null;
        /** All executions so far; null where a price is unknown */
        cost_usd: number | null;
        steps: Array<{
          id: string;
          prompt: string;
          status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
          /** A list for a step with `for_each`; null where it has none */
          output: string | Array<string | null> | null;
          /** Why it was skipped */
          reason?: string;
          error: { code: string; detail: string } | null;
          /** Its executions so far */
          attempts: number;
          /** Null where a price is unknown */
          cost_usd: number | null;
          /** One, or one for each item of `for_each`, once it has begun */
          items: Array<{
            /** Its place in the list of `for_each` */
            item: number;
            status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
            output: string | null;
            output_json?: unknown;
            tool_calls?: Array<Record<string, unknown>>;
            error: { code: string; detail: string } | null;
            model: string | null;
            prompt_version: number | null;
            cost_usd: number | null;
            /** The ids of its executions; all but the last were tried again */
            executions: Array<string>;
          }>;
        }>;
      };
      "202": {
        id: string;
        status: "running" | "succeeded" | "partial" | "failed" | "cancelled";
        chain: { name: string; version: number; label: string | null };
        created_at: string;
        ended_at: string | null;
        /** That of the chain's last step */
        output: string | Array<string | null> | null;
        output_json?: unknown;
        /** Of the first step that failed */
        error: { code: string; detail: string; step: string } | null;
        /** All executions so far; null where a price is unknown */
        cost_usd: number | null;
        steps: Array<{
          id: string;
          prompt: string;
          status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
          /** A list for a step with `for_each`; null where it has none */
          output: string | Array<string | null> | null;
          /** Why it was skipped */
          reason?: string;
          error: { code: string; detail: string } | null;
          /** Its executions so far */
          attempts: number;
          /** Null where a price is unknown */
          cost_usd: number | null;
          /** One, or one for each item of `for_each`, once it has begun */
          items: Array<{
            /** Its place in the list of `for_each` */
            item: number;
            status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
            output: string | null;
            output_json?: unknown;
            tool_calls?: Array<Record<string, unknown>>;
            error: { code: string; detail: string } | null;
            model: string | null;
            prompt_version: number | null;
            cost_usd: number | null;
            /** The ids of its executions; all but the last were tried again */
            executions: Array<string>;
          }>;
        }>;
      };
    };
  };
  /** Read a run of a chain */
  "GET /v1/chain-runs/{id}": {
    request: { path: { id: string } };
    replies: {
      "200": {
        id: string;
        status: "running" | "succeeded" | "partial" | "failed" | "cancelled";
        chain: { name: string; version: number; label: string | null };
        created_at: string;
        ended_at: string | null;
        /** That of the chain's last step */
        output: string | Array<string | null> | null;
        output_json?: unknown;
        /** Of the first step that failed */
        error: { code: string; detail: string; step: string } | null;
        /** All executions so far; null where a price is unknown */
        cost_usd: number | null;
        steps: Array<{
          id: string;
          prompt: string;
          status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
          /** A list for a step with `for_each`; null where it has none */
          output: string | Array<string | null> | null;
          /** Why it was skipped */
          reason?: string;
          error: { code: string; detail: string } | null;
          /** Its executions so far */
          attempts: number;
          /** Null where a price is unknown */
          cost_usd: number | null;
          /** One, or one for each item of `for_each`, once it has begun */
          items: Array<{
            /** Its place in the list of `for_each` */
            item: number;
            status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
            output: string | null;
            output_json?: unknown;
            tool_calls?: Array<Record<string, unknown>>;
            error: { code: string; detail: string } | null;
            model: string | null;
            prompt_version: number | null;
            cost_usd: number | null;
            /** The ids of its executions; all but the last were tried again */
            executions: Array<string>;
          }>;
        }>;
      };
    };
  };
  /** Follow a run of a chain as server-sent events */
  "GET /v1/chain-runs/{id}/events": { request: { path: { id: string } }; replies: { "200": string } };
  /** List runs of chains, newest first */
  "GET /v1/chain-runs": {
    request: {
      query?: {
        limit?: number;
        cursor?: string;
        chain?: string;
        status?: "running" | "succeeded" | "partial" | "failed" | "cancelled";
      };
    };
    replies: {
      "200": {
        data: Array<{
          id: string;
          status: "running" | "succeeded" | "partial" | "failed" | "cancelled";
          chain: { name: string; version: number; label: string | null };
          created_at: string;
          ended_at: string | null;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Cancel a run of a chain: no further step begins */
  "POST /v1/chain-runs/{id}/cancel": {
    request: { path: { id: string } };
    replies: {
      "200": {
        id: string;
        status: "running" | "succeeded" | "partial" | "failed" | "cancelled";
        chain: { name: string; version: number; label: string | null };
        created_at: string;
        ended_at: string | null;
        /** That of the chain's last step */
        output: string | Array<string | null> | null;
        output_json?: unknown;
        /** Of the first step that failed */
        error: { code: string; detail: string; step: string } | null;
        /** All executions so far; null where a price is unknown */
        cost_usd: number | null;
        steps: Array<{
          id: string;
          prompt: string;
          status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
          /** A list for a step with `for_each`; null where it has none */
          output: string | Array<string | null> | null;
          /** Why it was skipped */
          reason?: string;
          error: { code: string; detail: string } | null;
          /** Its executions so far */
          attempts: number;
          /** Null where a price is unknown */
          cost_usd: number | null;
          /** One, or one for each item of `for_each`, once it has begun */
          items: Array<{
            /** Its place in the list of `for_each` */
            item: number;
            status: "pending" | "running" | "succeeded" | "failed" | "skipped" | "cancelled";
            output: string | null;
            output_json?: unknown;
            tool_calls?: Array<Record<string, unknown>>;
            error: { code: string; detail: string } | null;
            model: string | null;
            prompt_version: number | null;
            cost_usd: number | null;
            /** The ids of its executions; all but the last were tried again */
            executions: Array<string>;
          }>;
        }>;
      };
    };
  };
  /** List who changed what of the tenant's settings, newest first */
  "GET /v1/audit": {
    request: {
      query?: {
        limit?: number;
        cursor?: string;
        /** The id of a key, `root` or `system` */
        actor?: string;
        /** An action, or all of a kind: `label.moved`, `label.*` */
        action?: string;
        /** An object, or all whose names begin so: `prompt:hello`, `label:support/*` */
        object?: string;
        /** Entries of this time and later */
        from?: string;
        /** Entries before this time */
        to?: string;
      };
    };
    replies: {
      "200": {
        data: Array<{
          id: string;
          at: string;
          actor: {
            /** The id of a key; `root`; or `system` for what no request decides on */
            id: string;
            /** The key's name */
            name: string | null;
          };
          /** `tenant.created`, `key.created`, `key.rotated`, `key.revoked`, `provider.set`, `provider.deleted`, `provider_key.set`, `provider_key.deleted`, `price.set`, `price.deleted`, `prompt.published`, `prompt.deleted`, `prompt.cache_purged`, `label.moved`, `label.rolled_back`, `label.deleted`, `label.protected`, `promotion.asked`, `promotion.approved`, `promotion.moved`, `promotion.refused`, `promotion.cancelled`, `alias.set`, `alias.deleted`, `budget.set`, `budget.deleted`, `webhook.set`, `webhook.deleted`, `telemetry.set`, `telemetry.deleted`, `chain.published`, `chain.deleted`, `chain_label.moved`, `chain_label.rolled_back`, `chain_label.deleted`, `batch.cancelled`, `batch.redriven` */
          action: string;
          /** Such as `prompt:support/reply` or `label:support/reply@production` */
          object: string;
          /** The `x-request-id` of the request that made the change */
          request_id: string | null;
          /** Facts of before and after, without secrets and contents */
          detail: Record<string, unknown>;
        }>;
        next_cursor: string | null;
      };
    };
  };
  /** Move buckets to another shard */
  "POST /v1/admin/shards/moves": {
    request: {
      body: {
        /** The name of the shard's binding, such as `DB_SHARD_4` */
        to: string;
        buckets?: Array<number>;
        /** The share of all buckets that it has afterwards */
        fraction?: number;
      };
    };
    replies: {
      "202": {
        data: Array<{
          /** Its epoch */
          id: number;
          from: string;
          to: string;
          state:
            | "planned"
            | "copying"
            | "verifying"
            | "closing"
            | "draining"
            | "deleting"
            | "done"
            | "cancelling"
            | "cancelled"
            | "halted";
          cancel_requested: boolean;
          buckets: Array<number>;
          rows_copied: number;
          /** Rows that were the same on both sides, in the last comparison */
          rows_verified: number;
          /** Rows that differed although nobody had changed them */
          rows_recopied: number;
          rows_deleted: number;
          /** Of the rows that were the same on both sides, in any order */
          checksum: string | null;
          /** How often writes were held back */
          closings: number;
          /** How long the last time was, which ended with the flip */
          closed_ms: number | null;
          /** Why it is halted, or by what its last failed step failed */
          detail: string | null;
          created_at: string;
          flipped_at: string | null;
          ended_at: string | null;
        }>;
      };
    };
  };
  /** Take a move back before its flip */
  "POST /v1/admin/shards/moves/{id}/cancel": {
    request: { path: { id: number } };
    replies: {
      "202": {
        /** Its epoch */
        id: number;
        from: string;
        to: string;
        state:
          | "planned"
          | "copying"
          | "verifying"
          | "closing"
          | "draining"
          | "deleting"
          | "done"
          | "cancelling"
          | "cancelled"
          | "halted";
        cancel_requested: boolean;
        buckets: Array<number>;
        rows_copied: number;
        /** Rows that were the same on both sides, in the last comparison */
        rows_verified: number;
        /** Rows that differed although nobody had changed them */
        rows_recopied: number;
        rows_deleted: number;
        /** Of the rows that were the same on both sides, in any order */
        checksum: string | null;
        /** How often writes were held back */
        closings: number;
        /** How long the last time was, which ended with the flip */
        closed_ms: number | null;
        /** Why it is halted, or by what its last failed step failed */
        detail: string | null;
        created_at: string;
        flipped_at: string | null;
        ended_at: string | null;
      };
    };
  };
  /** The shards, what they hold, and the moves between them */
  "GET /v1/admin/shards": {
    request: {};
    replies: {
      "200": {
        /** The newest epoch in which a bucket changed its shard; 0 where none has */
        epoch: number;
        shards: Array<{
          name: string;
          /** Those that it answers for */
          buckets: number;
          /** With copies that are not valid yet, or not any more */
          rows: number;
          bytes: number;
        }>;
        /** Those under way, and the newest others */
        moves: Array<{
          /** Its epoch */
          id: number;
          from: string;
          to: string;
          state:
            | "planned"
            | "copying"
            | "verifying"
            | "closing"
            | "draining"
            | "deleting"
            | "done"
            | "cancelling"
            | "cancelled"
            | "halted";
          cancel_requested: boolean;
          buckets: Array<number>;
          rows_copied: number;
          /** Rows that were the same on both sides, in the last comparison */
          rows_verified: number;
          /** Rows that differed although nobody had changed them */
          rows_recopied: number;
          rows_deleted: number;
          /** Of the rows that were the same on both sides, in any order */
          checksum: string | null;
          /** How often writes were held back */
          closings: number;
          /** How long the last time was, which ended with the flip */
          closed_ms: number | null;
          /** Why it is halted, or by what its last failed step failed */
          detail: string | null;
          created_at: string;
          flipped_at: string | null;
          ended_at: string | null;
        }>;
      };
    };
  };
}
