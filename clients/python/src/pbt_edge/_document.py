"""What the API's operations take and answer. Made by `npm run client:generate`; do not edit."""

from typing import Any, Literal, NotRequired, TypedDict, Union

OperationName = Literal[
    "GET /health",
    "GET /ready",
    "POST /v1/tenants",
    "POST /v1/keys",
    "GET /v1/keys",
    "POST /v1/keys/{id}/rotate",
    "DELETE /v1/keys/{id}",
    "POST /v1/session",
    "GET /v1/session",
    "DELETE /v1/session",
    "PUT /v1/providers/{name}",
    "GET /v1/providers/{name}",
    "DELETE /v1/providers/{name}",
    "GET /v1/providers",
    "PUT /v1/providers/{provider}/keys/{name}",
    "GET /v1/providers/{provider}/keys/{name}",
    "DELETE /v1/providers/{provider}/keys/{name}",
    "GET /v1/providers/{provider}/keys",
    "PUT /v1/prices/{provider}/{model}",
    "DELETE /v1/prices/{provider}/{model}",
    "GET /v1/prices",
    "PUT /v1/prompts/{name}",
    "GET /v1/prompts/{name}",
    "DELETE /v1/prompts/{name}",
    "GET /v1/prompts",
    "GET /v1/prompts/{name}/versions",
    "POST /v1/prompts/{name}/render",
    "PUT /v1/prompts/{name}/labels/{label}",
    "DELETE /v1/prompts/{name}/labels/{label}",
    "GET /v1/prompts/{name}/labels",
    "GET /v1/prompts/{name}/labels/{label}/history",
    "POST /v1/prompts/{name}/labels/{label}/rollback",
    "POST /v1/prompts/{name}/diff",
    "PUT /v1/aliases/{alias}",
    "GET /v1/aliases/{alias}",
    "DELETE /v1/aliases/{alias}",
    "GET /v1/aliases",
    "GET /v1/gate",
    "POST /v1/executions",
    "GET /v1/executions",
    "POST /v1/prompts/{name}/execute",
    "GET /v1/executions/{id}",
    "POST /v1/executions/{id}/feedback",
    "POST /v1/chat/completions",
    "POST /v1/responses",
    "POST /v1/embeddings",
    "POST /v1/messages",
    "POST /v1/messages/count_tokens",
    "GET /v1/responses/{id}",
    "DELETE /v1/responses/{id}",
    "GET /v1/responses/{id}/input_items",
    "POST /v1/responses/{id}/cancel",
    "GET /v1/models",
    "GET /v1/models/{id}",
    "GET /v1/usage",
    "DELETE /v1/cache",
    "POST /v1/usage/reconcile",
    "PUT /v1/webhooks/{name}",
    "GET /v1/webhooks/{name}",
    "DELETE /v1/webhooks/{name}",
    "GET /v1/webhooks",
    "POST /v1/webhooks/{name}/test",
    "PUT /v1/budgets/{scope}",
    "DELETE /v1/budgets/{scope}",
    "GET /v1/budgets",
    "GET /v1/batches",
    "POST /v1/batches",
    "GET /v1/batches/{id}",
    "GET /v1/batches/{id}/results",
    "GET /v1/batches/{id}/events",
    "POST /v1/batches/{id}/cancel",
    "POST /v1/batches/{id}/redrive",
    "GET /metrics",
    "GET /v1/metrics/live",
    "PUT /v1/telemetry",
    "GET /v1/telemetry",
    "DELETE /v1/telemetry",
    "GET /v1/insights/anomalies",
    "GET /v1/insights/forecast",
    "GET /v1/insights/sla",
    "POST /v1/prompts/{name}/tests/run",
    "GET /v1/prompts/{name}/test-runs",
    "GET /v1/test-runs/{id}/events",
    "GET /v1/test-runs/{id}",
    "GET /v1/test-runs/{id}/junit.xml",
    "POST /v1/test-runs/{id}/cancel",
    "PUT /v1/prompts/{name}/labels/{label}/protection",
    "GET /v1/prompts/{name}/labels/{label}/protection",
    "GET /v1/promotions",
    "GET /v1/promotions/{id}",
    "POST /v1/promotions/{id}/approve",
    "POST /v1/promotions/{id}/cancel",
    "POST /v1/import/tests",
    "POST /v1/compare",
    "GET /v1/comparisons",
    "GET /v1/comparisons/{id}",
    "POST /v1/comparisons/{id}/cancel",
    "POST /v1/prompts/{name}/optimize",
    "GET /v1/optimizations/{id}",
    "GET /v1/optimizations",
    "POST /v1/optimizations/{id}/cancel",
    "PUT /v1/chains/{name}",
    "GET /v1/chains/{name}",
    "DELETE /v1/chains/{name}",
    "GET /v1/chains",
    "GET /v1/chains/{name}/versions",
    "PUT /v1/chains/{name}/labels/{label}",
    "DELETE /v1/chains/{name}/labels/{label}",
    "GET /v1/chains/{name}/labels",
    "GET /v1/chains/{name}/labels/{label}/history",
    "POST /v1/chains/{name}/labels/{label}/rollback",
    "POST /v1/chains/{name}/execute",
    "GET /v1/chain-runs/{id}",
    "GET /v1/chain-runs/{id}/events",
    "GET /v1/chain-runs",
    "POST /v1/chain-runs/{id}/cancel",
    "GET /v1/audit",
    "POST /v1/admin/shards/moves",
    "POST /v1/admin/shards/moves/{id}/cancel",
    "GET /v1/admin/shards",
]

IDEMPOTENT_POSTS: frozenset[str] = frozenset({
    "POST /v1/executions",
    "POST /v1/prompts/{name}/execute",
    "POST /v1/chat/completions",
    "POST /v1/responses",
    "POST /v1/embeddings",
    "POST /v1/messages",
    "POST /v1/messages/count_tokens",
    "POST /v1/batches",
    "POST /v1/prompts/{name}/tests/run",
    "POST /v1/compare",
    "POST /v1/prompts/{name}/optimize",
    "POST /v1/chains/{name}/execute",
})


class GetHealthReply200(TypedDict):
    status: Literal["ok"]


class GetReadyReply200(TypedDict):
    status: Literal["ready", "degraded"]
    checks: dict[str, Literal["ok", "failed"]]


class PostTenantsBody(TypedDict):
    name: str
    # Where its Durable Objects stay, for ever. It moves no database, KV, R2 or queue of the deployment
    jurisdiction: NotRequired[Literal["eu"]]


class PostTenantsReply201Tenant(TypedDict):
    id: str
    name: str
    created_at: str


class PostTenantsReply201Key(TypedDict):
    id: str
    name: str
    scopes: list[Literal["prompts:read", "prompts:write", "prompts:approve", "executions:write", "executions:read", "usage:read", "priority:high", "admin"]]
    created_at: str
    expires_at: Union[str, None]
    previous_secret_expires_at: Union[str, None]
    daily_budget_usd: Union[float, None]
    monthly_budget_usd: Union[float, None]
    secret: str


class PostTenantsReply201(TypedDict):
    tenant: PostTenantsReply201Tenant
    key: PostTenantsReply201Key


class PostKeysBody(TypedDict):
    name: str
    scopes: list[Literal["prompts:read", "prompts:write", "prompts:approve", "executions:write", "executions:read", "usage:read", "priority:high", "admin"]]
    expires_at: NotRequired[str]
    daily_budget_usd: NotRequired[float]
    monthly_budget_usd: NotRequired[float]


PostKeysReply201 = PostTenantsReply201Key


class GetKeysReply200DataItem(TypedDict):
    id: str
    name: str
    scopes: list[Literal["prompts:read", "prompts:write", "prompts:approve", "executions:write", "executions:read", "usage:read", "priority:high", "admin"]]
    created_at: str
    expires_at: Union[str, None]
    previous_secret_expires_at: Union[str, None]
    daily_budget_usd: Union[float, None]
    monthly_budget_usd: Union[float, None]


class GetKeysReply200(TypedDict):
    data: list[GetKeysReply200DataItem]
    next_cursor: Union[str, None]


class PostKeysIdRotateBody(TypedDict):
    overlap_seconds: NotRequired[int]


PostKeysIdRotateReply200 = PostTenantsReply201Key


class PostSessionBody(TypedDict):
    key: str


class PostSessionReply200Tenant(TypedDict):
    id: str
    name: str


class PostSessionReply200Key(TypedDict):
    id: str
    name: str
    scopes: list[Literal["prompts:read", "prompts:write", "prompts:approve", "executions:write", "executions:read", "usage:read", "priority:high", "admin"]]


class PostSessionReply200(TypedDict):
    tenant: PostSessionReply200Tenant
    key: PostSessionReply200Key
    # Null for a key that does not expire, where no session was begun
    expires_at: Union[str, None]


GetSessionReply200 = PostSessionReply200


class PutProvidersNameBody(TypedDict):
    # The provider whose wire format the upstream speaks
    kind: Literal["openai", "anthropic"]
    # Its origin is one that the deployment allows
    base_url: str
    # Sent with each call; stored encrypted
    headers: NotRequired[dict[str, str]]


class PutProvidersNameReply200(TypedDict):
    name: str
    # The provider whose wire format the upstream speaks
    kind: Literal["openai", "anthropic"]
    base_url: str
    # Their names; values are not shown
    headers: list[str]
    created_at: str
    updated_at: str


PutProvidersNameReply201 = PutProvidersNameReply200


GetProvidersNameReply200 = PutProvidersNameReply200


class GetProvidersReply200(TypedDict):
    data: list[PutProvidersNameReply200]
    next_cursor: None


class PutProvidersProviderKeysNameBody(TypedDict):
    api_key: str
    weight: NotRequired[int]
    rpm: NotRequired[int]
    tpm: NotRequired[int]
    max_concurrency: NotRequired[int]


class PutProvidersProviderKeysNameReply200(TypedDict):
    # A built-in provider, or an upstream of the tenant's own
    provider: str
    name: str
    # Redacted: the last four characters
    api_key: str
    weight: int
    rpm: Union[int, None]
    tpm: Union[int, None]
    max_concurrency: Union[int, None]
    created_at: str
    updated_at: str


PutProvidersProviderKeysNameReply201 = PutProvidersProviderKeysNameReply200


GetProvidersProviderKeysNameReply200 = PutProvidersProviderKeysNameReply200


class GetProvidersProviderKeysReply200(TypedDict):
    data: list[PutProvidersProviderKeysNameReply200]
    next_cursor: None


class PutPricesProviderModelBody(TypedDict):
    input: float
    output: float
    cached_input: NotRequired[float]
    cache_write_5m: NotRequired[float]
    cache_write_1h: NotRequired[float]
    per: Literal["1M"]


class PutPricesProviderModelReply200LongerPromptsItem(TypedDict):
    input: float
    output: float
    cached_input: float
    # Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI
    cache_write_5m: float
    # Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known
    cache_write_1h: Union[float, None]
    above_tokens: int


class PutPricesProviderModelReply200(TypedDict):
    # A built-in provider, or an upstream of the tenant's own
    provider: str
    model: str
    # `tenant`: the tenant's own price, which comes before the list
    source: Literal["tenant", "list"]
    # The table that the price stands in, with its date
    table: str
    per: Literal["1M"]
    input: float
    output: float
    cached_input: float
    # Writes that the provider keeps for its shorter time: 5 min, 30 min at OpenAI
    cache_write_5m: float
    # Writes that the provider keeps for its longer time: 1 h, 12 h at OpenAI; null where not known
    cache_write_1h: Union[float, None]
    # The rates of all tokens of a call whose prompt has more tokens than this
    longer_prompts: list[PutPricesProviderModelReply200LongerPromptsItem]


PutPricesProviderModelReply201 = PutPricesProviderModelReply200


class GetPricesReply200(TypedDict):
    data: list[PutPricesProviderModelReply200]
    next_cursor: None


PutPromptsNameBody = dict[str, Any]


class PutPromptsNameReply200IncludesItem(TypedDict):
    name: str
    version: int


class PutPromptsNameReply200(TypedDict):
    version: int
    content_hash: str
    created_at: str
    warnings: list[str]
    name: str
    labels: list[str]
    includes: list[PutPromptsNameReply200IncludesItem]


PutPromptsNameReply201 = PutPromptsNameReply200


class GetPromptsNameReply200Definition(TypedDict):
    messages: list[Any]
    models: list[str]
    tags: list[str]


class GetPromptsNameReply200(TypedDict):
    version: int
    content_hash: str
    created_at: str
    warnings: list[str]
    name: str
    labels: list[str]
    includes: list[PutPromptsNameReply200IncludesItem]
    definition: GetPromptsNameReply200Definition


class GetPromptsReply200DataItemLabelsItemSplitItem(TypedDict):
    version: int
    weight: float


class GetPromptsReply200DataItemLabelsItem(TypedDict):
    version: NotRequired[int]
    split: NotRequired[list[GetPromptsReply200DataItemLabelsItemSplitItem]]
    label: str


class GetPromptsReply200DataItem(TypedDict):
    name: str
    version: int
    content_hash: str
    tags: list[str]
    # What its labels mean, without `latest`: the first 50 by name
    labels: list[GetPromptsReply200DataItemLabelsItem]
    created_at: str
    updated_at: str


class GetPromptsReply200(TypedDict):
    data: list[GetPromptsReply200DataItem]
    next_cursor: Union[str, None]
    # With `delimiter`: the folders of this page, which count in `limit`
    prefixes: NotRequired[list[str]]


class GetPromptsNameVersionsReply200DataItem(TypedDict):
    version: int
    content_hash: str
    created_at: str
    warnings: list[str]


class GetPromptsNameVersionsReply200(TypedDict):
    data: list[GetPromptsNameVersionsReply200DataItem]
    next_cursor: Union[str, None]


class PostPromptsNameRenderBody(TypedDict):
    variables: NotRequired[dict[str, Any]]
    version: NotRequired[int]
    label: NotRequired[str]


class PostPromptsNameRenderReply200MessagesItem(TypedDict):
    role: str
    content: NotRequired[Any]


class PostPromptsNameRenderReply200ToolsItem(TypedDict):
    name: str


class PostPromptsNameRenderReply200Request(TypedDict):
    provider: str
    model: str
    # Below the provider's base URL
    path: str
    headers: dict[str, str]
    body: dict[str, Any]


class PostPromptsNameRenderReply200(TypedDict):
    messages: list[PostPromptsNameRenderReply200MessagesItem]
    tools: NotRequired[list[PostPromptsNameRenderReply200ToolsItem]]
    estimated_tokens: int
    version: int
    # The request of a whole answer from the prompt's first model; absent where none would be made
    request: NotRequired[PostPromptsNameRenderReply200Request]


class PutPromptsNameLabelsLabelBodyForm1(TypedDict):
    version: int
    # Why; it stands in the label's history
    reason: NotRequired[str]


class PutPromptsNameLabelsLabelBodyForm2(TypedDict):
    split: list[GetPromptsReply200DataItemLabelsItemSplitItem]
    # Why; it stands in the label's history
    reason: NotRequired[str]


PutPromptsNameLabelsLabelBody = Union[PutPromptsNameLabelsLabelBodyForm1, PutPromptsNameLabelsLabelBodyForm2]


class PutPromptsNameLabelsLabelReply200(TypedDict):
    version: NotRequired[int]
    split: NotRequired[list[GetPromptsReply200DataItemLabelsItemSplitItem]]
    name: str
    label: str


class PutPromptsNameLabelsLabelReply202PromotionChecksItem(TypedDict):
    name: Literal["compatible_variables", "tests", "approvals"]
    status: Literal["pending", "passed", "failed"]
    # What was found
    detail: str


class PutPromptsNameLabelsLabelReply202PromotionFrom(TypedDict):
    version: NotRequired[int]
    split: NotRequired[list[GetPromptsReply200DataItemLabelsItemSplitItem]]


class PutPromptsNameLabelsLabelReply202PromotionApprovalsItem(TypedDict):
    key_id: str
    approved_at: str


PutPromptsNameLabelsLabelReply202Promotion = TypedDict("PutPromptsNameLabelsLabelReply202Promotion", {
    "id": str,
    # `promoted`: the label has moved
    "status": Literal["pending", "promoted", "failed", "cancelled"],
    "checks": list[PutPromptsNameLabelsLabelReply202PromotionChecksItem],
    "prompt": str,
    "label": str,
    # What the label meant; null where it was not set
    "from": Union[PutPromptsNameLabelsLabelReply202PromotionFrom, None],
    # What it is to mean
    "to": PutPromptsNameLabelsLabelReply202PromotionFrom,
    "reason": Union[str, None],
    # The key that asked
    "asked_by": str,
    "approvals": list[PutPromptsNameLabelsLabelReply202PromotionApprovalsItem],
    "created_at": str,
    "ended_at": Union[str, None],
    # The key that cancelled it, or changed the protection
    "ended_by": Union[str, None],
    # Why it ended, where its checks do not say it
    "detail": Union[str, None],
})


class PutPromptsNameLabelsLabelReply202(TypedDict):
    promotion: PutPromptsNameLabelsLabelReply202Promotion


class GetPromptsNameLabelsReply200DataItem(TypedDict):
    version: NotRequired[int]
    split: NotRequired[list[GetPromptsReply200DataItemLabelsItemSplitItem]]
    label: str
    # When it was moved last
    updated_at: str


class GetPromptsNameLabelsReply200(TypedDict):
    data: list[GetPromptsNameLabelsReply200DataItem]
    next_cursor: Union[str, None]


GetPromptsNameLabelsLabelHistoryReply200DataItem = TypedDict("GetPromptsNameLabelsLabelHistoryReply200DataItem", {
    # The id of the API key; null where none moved it
    "who": Union[str, None],
    # When it was moved
    "when": str,
    # What it meant before; null where it was not set
    "from": Union[PutPromptsNameLabelsLabelReply202PromotionFrom, None],
    # What it means since; null where it was deleted
    "to": Union[PutPromptsNameLabelsLabelReply202PromotionFrom, None],
    # The reason that was given
    "why": Union[str, None],
    # What moved it
    "cause": Literal["set", "rollback", "promotion", "automatic_rollback", "deletion", "prompt_deletion", "chain_deletion"],
    # The promotion behind it
    "promotion": Union[str, None],
})


class GetPromptsNameLabelsLabelHistoryReply200(TypedDict):
    data: list[GetPromptsNameLabelsLabelHistoryReply200DataItem]
    next_cursor: Union[str, None]


class PostPromptsNameLabelsLabelRollbackBody(TypedDict):
    # Why; it stands in the label's history
    reason: NotRequired[str]


PostPromptsNameLabelsLabelRollbackReply200 = PutPromptsNameLabelsLabelReply200


PostPromptsNameDiffBody = TypedDict("PostPromptsNameDiffBody", {
    "from": Union[int, str],
    "to": Union[int, str],
})


PostPromptsNameDiffReply200ChangesItem = TypedDict("PostPromptsNameDiffReply200ChangesItem", {
    "path": str,
    # Absent on the side that does not have it
    "from": NotRequired[Any],
    # Absent on the side that does not have it
    "to": NotRequired[Any],
})


PostPromptsNameDiffReply200VariablesRetypedItem = TypedDict("PostPromptsNameDiffReply200VariablesRetypedItem", {
    "name": str,
    "from": str,
    "to": str,
})


class PostPromptsNameDiffReply200Variables(TypedDict):
    added: list[str]
    removed: list[str]
    retyped: list[PostPromptsNameDiffReply200VariablesRetypedItem]


class PostPromptsNameDiffReply200(TypedDict):
    changes: list[PostPromptsNameDiffReply200ChangesItem]
    variables: PostPromptsNameDiffReply200Variables
    # Whether callers of `from` can call `to` without a change
    compatible: bool


class PutAliasesAliasBody(TypedDict):
    prompt: str
    version: NotRequired[int]
    label: NotRequired[str]


class PutAliasesAliasReply200(TypedDict):
    alias: str
    prompt: str
    version: NotRequired[int]
    label: NotRequired[str]
    created_at: str
    updated_at: str


PutAliasesAliasReply201 = PutAliasesAliasReply200


GetAliasesAliasReply200 = PutAliasesAliasReply200


class GetAliasesReply200(TypedDict):
    data: list[PutAliasesAliasReply200]
    next_cursor: Union[str, None]


class GetGateReply200DataItemConcurrency(TypedDict):
    limit: Union[float, None]
    used: float


class GetGateReply200DataItemKeysItemBreakersItem(TypedDict):
    model: str
    state: Literal["closed", "open", "half_open"]
    # In a row, of the two that close it: checks while open, calls while half open
    passes: int
    # Until the next check while open; null where none is awaited
    check_in_ms: Union[float, None]
    # How long the model's own limit still rests it
    cool_in_ms: NotRequired[float]


class GetGateReply200DataItemKeysItem(TypedDict):
    name: str
    # Redacted: the last four characters
    api_key: str
    weight: int
    status: Literal["ok", "cooling", "parked"]
    # Why the provider refused the key
    parked_for: Literal["credentials", "quota", None]
    ready_in_ms: float
    # In the last minute, what is lent out included
    requests: GetGateReply200DataItemConcurrency
    tokens: GetGateReply200DataItemConcurrency
    # Calls at a time, what is lent out included
    concurrency: GetGateReply200DataItemConcurrency
    ttft_ms: Union[float, None]
    latency_ms: Union[float, None]
    breakers: list[GetGateReply200DataItemKeysItemBreakersItem]


class GetGateReply200DataItemLanesHigh(TypedDict):
    concurrency: int
    in_flight: int
    waiting: int
    oldest_wait_ms: float


class GetGateReply200DataItemLanes(TypedDict):
    high: GetGateReply200DataItemLanesHigh
    standard: GetGateReply200DataItemLanesHigh
    batch: GetGateReply200DataItemLanesHigh


class GetGateReply200DataItem(TypedDict):
    provider: str
    # How a key is chosen among those with room
    strategy: Literal["least_busy", "weighted", "fastest"]
    # Calls at a time of all keys together, what is lent out included
    concurrency: GetGateReply200DataItemConcurrency
    # The same for test runs
    tests: GetGateReply200DataItemConcurrency
    keys: list[GetGateReply200DataItemKeysItem]
    lanes: GetGateReply200DataItemLanes
    leases: int


class GetGateReply200(TypedDict):
    data: list[GetGateReply200DataItem]


class PostExecutionsBodyParametersThinkingForm2(TypedDict):
    type: str


class PostExecutionsBodyParametersProviderOptions(TypedDict):
    openai: NotRequired[dict[str, Any]]
    anthropic: NotRequired[dict[str, Any]]


class PostExecutionsBodyParameters(TypedDict):
    temperature: NotRequired[float]
    max_tokens: NotRequired[int]
    top_p: NotRequired[float]
    top_k: NotRequired[int]
    stop: NotRequired[Union[str, list[str]]]
    seed: NotRequired[int]
    frequency_penalty: NotRequired[float]
    presence_penalty: NotRequired[float]
    reasoning_effort: NotRequired[Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"]]
    verbosity: NotRequired[Literal["low", "medium", "high"]]
    # Anthropic's own object, or the number of tokens to think with
    thinking: NotRequired[Union[int, PostExecutionsBodyParametersThinkingForm2]]
    service_tier: NotRequired[str]
    prompt_cache_key: NotRequired[str]
    # Sent to that provider as they are; `openai.api` chooses between OpenAI's two APIs
    provider_options: NotRequired[PostExecutionsBodyParametersProviderOptions]


class PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1CacheControl(TypedDict):
    type: Literal["ephemeral"]
    ttl: NotRequired[Literal["5m", "1h"]]


class PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1(TypedDict):
    type: Literal["text"]
    text: str
    cache_control: NotRequired[PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1CacheControl]


class PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm2(TypedDict):
    type: Literal["image"]
    image: Any
    detail: NotRequired[Literal["low", "high", "auto"]]
    cache_control: NotRequired[PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1CacheControl]


class PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm3(TypedDict):
    type: Literal["file"]
    file: Any
    filename: NotRequired[str]
    cache_control: NotRequired[PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1CacheControl]


class PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm4(TypedDict):
    type: Literal["audio"]
    audio: Any
    format: NotRequired[Literal["wav", "mp3"]]
    cache_control: NotRequired[PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1CacheControl]


class PostExecutionsBodyMessagesItemForm1(TypedDict):
    role: Literal["user", "developer", "system"]
    content: Union[str, list[Union[PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm2, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm3, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm4]]]


class PostExecutionsBodyMessagesItemForm2ToolCallsItem(TypedDict):
    id: str
    name: str
    arguments: NotRequired[Any]


class PostExecutionsBodyMessagesItemForm2(TypedDict):
    role: Literal["assistant"]
    content: NotRequired[Union[str, list[Union[PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm2, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm3, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm4]], None]]
    tool_calls: NotRequired[list[PostExecutionsBodyMessagesItemForm2ToolCallsItem]]


class PostExecutionsBodyMessagesItemForm3(TypedDict):
    role: Literal["tool"]
    content: Union[str, list[Union[PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm1, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm2, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm3, PostExecutionsBodyMessagesItemForm1ContentForm2ItemForm4]]]
    tool_call_id: str


class PostExecutionsBodyToolsItem(TypedDict):
    name: str
    description: NotRequired[str]
    parameters: NotRequired[dict[str, Any]]
    strict: NotRequired[bool]


PostExecutionsBody = TypedDict("PostExecutionsBody", {
    "version": NotRequired[int],
    "label": NotRequired[str],
    "variables": NotRequired[dict[str, Any]],
    # A model's name, or `auto`
    "model": NotRequired[str],
    # Models in the order they are tried, in place of `model`
    "models": NotRequired[list[str]],
    "parameters": NotRequired[PostExecutionsBodyParameters],
    # Continue the conversation after the prompt's own messages
    "messages": NotRequired[list[Union[PostExecutionsBodyMessagesItemForm1, PostExecutionsBodyMessagesItemForm2, PostExecutionsBodyMessagesItemForm3]]],
    # In place of the prompt's tools
    "tools": NotRequired[list[PostExecutionsBodyToolsItem]],
    "tool_choice": NotRequired[Union[Literal["auto", "none", "required"], PostPromptsNameRenderReply200ToolsItem]],
    "parallel_tool_calls": NotRequired[bool],
    # What else of the answer is wanted
    "include": NotRequired[list[Literal["reasoning"]]],
    "stream": NotRequired[bool],
    # The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high`
    "priority": NotRequired[Literal["high", "standard", "batch"]],
    # False: fail with 429 rather than wait for capacity
    "queue": NotRequired[bool],
    # Accept now, execute later: 202, and the execution's address in `Location`
    "async": NotRequired[bool],
    # False refuses stored answers; true asks for them where the prompt does not say
    "cache": NotRequired[bool],
    "user": NotRequired[str],
    "metadata": NotRequired[dict[str, Union[str, float, bool]]],
    "timeout_ms": NotRequired[int],
    "prompt": str,
})


class PostExecutionsReply200Usage(TypedDict):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    # The part of `prompt_tokens` that the provider's cache served
    cached_tokens: NotRequired[int]
    # The part of `prompt_tokens` that the provider's cache took in
    cache_write_tokens: NotRequired[int]
    # The part of those that it keeps for longer
    cache_write_1h_tokens: NotRequired[int]
    # The part of `completion_tokens` that is not in the answer
    reasoning_tokens: NotRequired[int]
    # Heard and spoken
    audio_tokens: NotRequired[int]
    # True where the provider sent no usage
    estimated: NotRequired[bool]


class PostExecutionsReply200CostLinesItem(TypedDict):
    kind: Literal["input", "cached_input", "cache_write_5m", "cache_write_1h", "audio_input", "image_input", "output", "reasoning", "audio_output", "web_search"]
    tokens: int
    # How often a tool was used that is billed by use
    uses: NotRequired[int]
    usd: float


class PostExecutionsReply200Cost(TypedDict):
    lines: list[PostExecutionsReply200CostLinesItem]
    table: Union[str, None]
    service_tier: Union[str, None]


class PostExecutionsReply200Prompt(TypedDict):
    name: str
    version: int
    label: Union[str, None]


class PostExecutionsReply200Routing(TypedDict):
    choice: Literal["cheap", "strong"]
    score: float
    reasons: list[str]


class PostExecutionsReply200(TypedDict):
    id: str
    # `unknown`: its end was never recorded, so it counts at what was reserved
    status: Literal["succeeded", "failed", "unknown"]
    output: Union[str, None]
    output_json: NotRequired[Any]
    # The calls that the model asks for; `arguments` is JSON, or the raw text where it is none
    tool_calls: NotRequired[list[PostExecutionsBodyMessagesItemForm2ToolCallsItem]]
    # The model's reasoning, with `include: ["reasoning"]`
    reasoning: NotRequired[str]
    # The provider's id of the response, for `previous_response_id`; absent where it keeps none
    response_id: NotRequired[str]
    # What the model was not sent, and why
    warnings: NotRequired[list[str]]
    model: Union[str, None]
    provider: Union[str, None]
    usage: PostExecutionsReply200Usage
    cost_usd: Union[float, None]
    # `cost_usd` by line; absent where it is not known
    cost: NotRequired[PostExecutionsReply200Cost]
    latency_ms: int
    # The tier that served the call
    service_tier: NotRequired[str]
    cached: Union[Literal[False], Literal["memory", "edge", "kv", "flight"]]
    # What the call would have cost that was not made
    saved_usd: NotRequired[Union[float, None]]
    # Null for an execution without a stored prompt, from a drop-in door
    prompt: Union[PostExecutionsReply200Prompt, None]
    finish_reason: Union[str, None]
    attempts: int
    # How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of
    routing: NotRequired[PostExecutionsReply200Routing]


class PostExecutionsReply202(TypedDict):
    id: str
    status: Literal["queued"]


class GetExecutionsReply200DataItemError(TypedDict):
    code: str
    detail: str


class GetExecutionsReply200DataItemFeedback(TypedDict):
    score: float
    comment: Union[str, None]


class GetExecutionsReply200DataItem(TypedDict):
    id: str
    # `unknown`: its end was never recorded, so it counts at what was reserved
    status: Literal["succeeded", "failed", "unknown"]
    output: Union[str, None]
    output_json: NotRequired[Any]
    # The calls that the model asks for; `arguments` is JSON, or the raw text where it is none
    tool_calls: NotRequired[list[PostExecutionsBodyMessagesItemForm2ToolCallsItem]]
    # The model's reasoning, with `include: ["reasoning"]`
    reasoning: NotRequired[str]
    # The provider's id of the response, for `previous_response_id`; absent where it keeps none
    response_id: NotRequired[str]
    # What the model was not sent, and why
    warnings: NotRequired[list[str]]
    model: Union[str, None]
    provider: Union[str, None]
    usage: PostExecutionsReply200Usage
    cost_usd: Union[float, None]
    # `cost_usd` by line; absent where it is not known
    cost: NotRequired[PostExecutionsReply200Cost]
    latency_ms: int
    # The tier that served the call
    service_tier: NotRequired[str]
    cached: Union[Literal[False], Literal["memory", "edge", "kv", "flight"]]
    # What the call would have cost that was not made
    saved_usd: NotRequired[Union[float, None]]
    # Null for an execution without a stored prompt, from a drop-in door
    prompt: Union[PostExecutionsReply200Prompt, None]
    finish_reason: Union[str, None]
    attempts: int
    # How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of
    routing: NotRequired[PostExecutionsReply200Routing]
    created_at: str
    # True where only the beginning of `output` was kept
    output_truncated: bool
    # The price table, with its version, that `cost_usd` comes from
    price_table: Union[str, None]
    error: Union[GetExecutionsReply200DataItemError, None]
    user: Union[str, None]
    metadata: Union[dict[str, Union[str, float, bool]], None]
    feedback: Union[GetExecutionsReply200DataItemFeedback, None]


class GetExecutionsReply200(TypedDict):
    data: list[GetExecutionsReply200DataItem]
    next_cursor: Union[str, None]


PostPromptsNameExecuteBody = TypedDict("PostPromptsNameExecuteBody", {
    "version": NotRequired[int],
    "label": NotRequired[str],
    "variables": NotRequired[dict[str, Any]],
    # A model's name, or `auto`
    "model": NotRequired[str],
    # Models in the order they are tried, in place of `model`
    "models": NotRequired[list[str]],
    "parameters": NotRequired[PostExecutionsBodyParameters],
    # Continue the conversation after the prompt's own messages
    "messages": NotRequired[list[Union[PostExecutionsBodyMessagesItemForm1, PostExecutionsBodyMessagesItemForm2, PostExecutionsBodyMessagesItemForm3]]],
    # In place of the prompt's tools
    "tools": NotRequired[list[PostExecutionsBodyToolsItem]],
    "tool_choice": NotRequired[Union[Literal["auto", "none", "required"], PostPromptsNameRenderReply200ToolsItem]],
    "parallel_tool_calls": NotRequired[bool],
    # What else of the answer is wanted
    "include": NotRequired[list[Literal["reasoning"]]],
    "stream": NotRequired[bool],
    # The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high`
    "priority": NotRequired[Literal["high", "standard", "batch"]],
    # False: fail with 429 rather than wait for capacity
    "queue": NotRequired[bool],
    # Accept now, execute later: 202, and the execution's address in `Location`
    "async": NotRequired[bool],
    # False refuses stored answers; true asks for them where the prompt does not say
    "cache": NotRequired[bool],
    "user": NotRequired[str],
    "metadata": NotRequired[dict[str, Union[str, float, bool]]],
    "timeout_ms": NotRequired[int],
})


PostPromptsNameExecuteReply200 = PostExecutionsReply200


PostPromptsNameExecuteReply202 = PostExecutionsReply202


class GetExecutionsIdReply200Form1TimelinePhasesItem(TypedDict):
    # As in `server-timing`; `admission` comes before the first attempt, `settle` after the last
    name: Literal["auth", "load", "render", "cache", "admit", "llm", "admission", "settle"]
    # Since `created_at`; negative for what came before
    start_ms: int
    duration_ms: int


class GetExecutionsIdReply200Form1TimelineAttemptsItem(TypedDict):
    model: str
    provider: str
    # The name of the provider's key
    key: str
    outcome: Literal["streaming", "answered", "rejected", "failed", "late", "cancelled"]
    # Since `created_at`; negative for what came before
    start_ms: int
    duration_ms: NotRequired[int]
    # Until the first part of a stream came
    ttft_ms: NotRequired[int]
    # The HTTP status of a provider that failed
    status: NotRequired[int]
    error_code: NotRequired[str]
    cost_usd: NotRequired[float]


class GetExecutionsIdReply200Form1Timeline(TypedDict):
    # In the order in which they began; they overlap
    phases: list[GetExecutionsIdReply200Form1TimelinePhasesItem]
    attempts: list[GetExecutionsIdReply200Form1TimelineAttemptsItem]


class GetExecutionsIdReply200Form1Input(TypedDict):
    variables: dict[str, Any]
    messages: NotRequired[list[Any]]
    model: NotRequired[str]
    models: NotRequired[list[str]]
    parameters: NotRequired[dict[str, Any]]
    include: NotRequired[list[str]]
    tools: NotRequired[list[Any]]
    tool_choice: NotRequired[Any]
    parallel_tool_calls: NotRequired[bool]


class GetExecutionsIdReply200Form1(TypedDict):
    id: str
    # `unknown`: its end was never recorded, so it counts at what was reserved
    status: Literal["succeeded", "failed", "unknown"]
    output: Union[str, None]
    output_json: NotRequired[Any]
    # The calls that the model asks for; `arguments` is JSON, or the raw text where it is none
    tool_calls: NotRequired[list[PostExecutionsBodyMessagesItemForm2ToolCallsItem]]
    # The model's reasoning, with `include: ["reasoning"]`
    reasoning: NotRequired[str]
    # The provider's id of the response, for `previous_response_id`; absent where it keeps none
    response_id: NotRequired[str]
    # What the model was not sent, and why
    warnings: NotRequired[list[str]]
    model: Union[str, None]
    provider: Union[str, None]
    usage: PostExecutionsReply200Usage
    cost_usd: Union[float, None]
    # `cost_usd` by line; absent where it is not known
    cost: NotRequired[PostExecutionsReply200Cost]
    latency_ms: int
    # The tier that served the call
    service_tier: NotRequired[str]
    cached: Union[Literal[False], Literal["memory", "edge", "kv", "flight"]]
    # What the call would have cost that was not made
    saved_usd: NotRequired[Union[float, None]]
    # Null for an execution without a stored prompt, from a drop-in door
    prompt: Union[PostExecutionsReply200Prompt, None]
    finish_reason: Union[str, None]
    attempts: int
    # How `auto` became a model: the tier, its score in [0, 100] and what the score is the sum of
    routing: NotRequired[PostExecutionsReply200Routing]
    created_at: str
    # True where only the beginning of `output` was kept
    output_truncated: bool
    # The price table, with its version, that `cost_usd` comes from
    price_table: Union[str, None]
    error: Union[GetExecutionsReply200DataItemError, None]
    user: Union[str, None]
    metadata: Union[dict[str, Union[str, float, bool]], None]
    feedback: Union[GetExecutionsReply200DataItemFeedback, None]
    # What it did when; absent in records of older versions
    timeline: NotRequired[GetExecutionsIdReply200Form1Timeline]
    # The trace that its spans are in, as collectors have it; absent in records of older versions
    trace_id: NotRequired[str]
    # What the request asked, where the tenant has content recorded: see `PUT /v1/telemetry`
    input: NotRequired[GetExecutionsIdReply200Form1Input]
    # Only the beginning of `input` is on record, or nothing of it
    input_truncated: NotRequired[Literal[True]]


class GetExecutionsIdReply200Form2(TypedDict):
    id: str
    status: Literal["queued", "running", "failed"]
    created_at: str
    error: NotRequired[GetExecutionsReply200DataItemError]


GetExecutionsIdReply200 = Union[GetExecutionsIdReply200Form1, GetExecutionsIdReply200Form2]


class PostExecutionsIdFeedbackBody(TypedDict):
    score: float
    comment: NotRequired[str]


class PostExecutionsIdFeedbackReply200(TypedDict):
    id: str
    score: float


PostChatCompletionsBody = dict[str, Any]


PostChatCompletionsReply200 = dict[str, Any]


PostResponsesBody = dict[str, Any]


PostResponsesReply200 = dict[str, Any]


PostEmbeddingsBody = dict[str, Any]


PostEmbeddingsReply200 = dict[str, Any]


PostMessagesBody = dict[str, Any]


PostMessagesReply200 = dict[str, Any]


PostMessagesCountTokensBody = dict[str, Any]


class PostMessagesCountTokensReply200(TypedDict):
    input_tokens: int


GetResponsesIdReply200 = dict[str, Any]


DeleteResponsesIdReply200 = dict[str, Any]


GetResponsesIdInputItemsReply200 = dict[str, Any]


PostResponsesIdCancelReply200 = dict[str, Any]


GetModelsReply200 = dict[str, Any]


GetModelsIdReply200 = dict[str, Any]


class GetUsageReply200DataItemCacheHits(TypedDict):
    memory: int
    edge: int
    kv: int
    flight: int


class GetUsageReply200DataItemCache(TypedDict):
    hits: GetUsageReply200DataItemCacheHits
    saved_tokens: int


class GetUsageReply200DataItem(TypedDict):
    executions: int
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    cost_usd: float
    saved_usd: float
    errors: int
    # Answers that no call was made for, by where they came from, and the tokens that were not spent on them
    cache: GetUsageReply200DataItemCache


GetUsageReply200 = TypedDict("GetUsageReply200", {
    "data": list[GetUsageReply200DataItem],
    # The time that is covered begins here; earlier than asked for where old hours are whole
    "from": str,
    # And ends before this
    "to": str,
    # All executions that started before are counted; of later ones, those that have ended
    "complete_until": Union[str, None],
})


class PostUsageReconcileBody(TypedDict):
    provider: Literal["openai", "anthropic"]
    # Buckets of the export, or its pages, as the provider's API gives them
    rows: list[dict[str, Any]]


PostUsageReconcileReply200DataItem = TypedDict("PostUsageReconcileReply200DataItem", {
    "from": str,
    "to": str,
    # Without the date of its snapshot
    "model": str,
    # Of token, or `web_search`
    "kind": str,
    "ours": float,
    "theirs": float,
    # What the provider counts more than we do; negative where it is less
    "difference": float,
    # Our calls to the model in this time whose usage the provider did not tell us
    "uncounted_calls": int,
})


PostUsageReconcileReply200Compared = TypedDict("PostUsageReconcileReply200Compared", {
    "from": str,
    "to": str,
    "models": list[str],
    # Our calls, failed and repeated ones and those of batches included
    "calls": int,
    # Calls that the provider may have billed without telling us their usage
    "uncounted_calls": int,
    # Of later executions, only those that have ended are counted
    "complete_until": Union[str, None],
})


PostUsageReconcileReply200NotComparedItem = TypedDict("PostUsageReconcileReply200NotComparedItem", {
    "from": str,
    "to": str,
    "item": Union[str, None],
    # Records from before calls were counted; our calls have no price; the item is about no model's tokens
    "reason": Literal["older_records", "no_price", "not_tokens"],
})


class PostUsageReconcileReply200(TypedDict):
    data: list[PostUsageReconcileReply200DataItem]
    # Of a usage export: tokens, or uses of a tool; of a cost export: US dollars
    unit: Literal["tokens", "usd"]
    compared: PostUsageReconcileReply200Compared
    not_compared: list[PostUsageReconcileReply200NotComparedItem]


class PutWebhooksNameBody(TypedDict):
    # https, with a public host name
    url: str
    events: list[Literal["prompt.published", "label.moved", "promotion.pending", "budget.alert", "anomaly.detected", "batch.completed", "test_run.completed"]]
    # Only events about these prompts, such as `support/*`, and events that are about none
    prompts: NotRequired[list[str]]


class PutWebhooksNameReply200(TypedDict):
    name: str
    url: str
    events: list[Literal["prompt.published", "label.moved", "promotion.pending", "budget.alert", "anomaly.detected", "batch.completed", "test_run.completed"]]
    # Null where it asks for the events of all prompts
    prompts: Union[list[str], None]
    created_at: str
    updated_at: str
    # Empty: every event is sent
    warnings: list[str]


class PutWebhooksNameReply201(TypedDict):
    name: str
    url: str
    events: list[Literal["prompt.published", "label.moved", "promotion.pending", "budget.alert", "anomaly.detected", "batch.completed", "test_run.completed"]]
    # Null where it asks for the events of all prompts
    prompts: Union[list[str], None]
    created_at: str
    updated_at: str
    # Empty: every event is sent
    warnings: list[str]
    # Signs the messages per Standard Webhooks; shown this once
    secret: str


GetWebhooksNameReply200 = PutWebhooksNameReply200


class GetWebhooksReply200(TypedDict):
    data: list[PutWebhooksNameReply200]
    next_cursor: None


class PostWebhooksNameTestReply200(TypedDict):
    delivered: bool
    # What the receiver answered; null where it did not
    status: Union[int, None]
    fault: Union[str, None]


class PutBudgetsScopeBody(TypedDict):
    daily_usd: NotRequired[float]
    monthly_usd: NotRequired[float]
    # Shares of a limit at which an alert is due, once in each window
    alerts: NotRequired[list[float]]


class PutBudgetsScopeReply200(TypedDict):
    scope: str
    daily_usd: Union[float, None]
    monthly_usd: Union[float, None]
    alerts: list[float]


PutBudgetsScopeReply201 = PutBudgetsScopeReply200


class GetBudgetsReply200DataItem(TypedDict):
    scope: str
    # A day or a month of UTC
    window: Literal["daily", "monthly"]
    limit_usd: float
    spent_usd: float
    # Reserved for calls under way, or lent for calls to come
    reserved_usd: float
    remaining_usd: float
    resets_at: str


class GetBudgetsReply200(TypedDict):
    data: list[GetBudgetsReply200DataItem]
    next_cursor: None


class GetBatchesReply200DataItemCounts(TypedDict):
    total: int
    queued: int
    running: int
    succeeded: int
    failed: int
    cancelled: int


class GetBatchesReply200DataItemWebhook(TypedDict):
    url: str


class GetBatchesReply200DataItem(TypedDict):
    id: str
    status: Literal["queued", "running", "completed", "cancelled", "failed"]
    counts: GetBatchesReply200DataItemCounts
    # Cost of its executions so far
    cost_usd: Union[float, None]
    max_cost_usd: Union[float, None]
    mode: Literal["queue", "provider"]
    prompt: PutPromptsNameReply200IncludesItem
    webhook: Union[GetBatchesReply200DataItemWebhook, None]
    created_at: str
    ended_at: Union[str, None]


class GetBatchesReply200(TypedDict):
    data: list[GetBatchesReply200DataItem]
    next_cursor: Union[str, None]


class PostBatchesBodyItemsItem(TypedDict):
    custom_id: NotRequired[str]
    variables: dict[str, Any]


class PostBatchesBody(TypedDict):
    prompt: str
    mode: NotRequired[Literal["queue", "provider"]]
    version: NotRequired[int]
    label: NotRequired[str]
    # A model's name, or `auto`
    model: NotRequired[str]
    # Models in the order they are tried, in place of `model`
    models: NotRequired[list[str]]
    parameters: NotRequired[PostExecutionsBodyParameters]
    # Continue the conversation after the prompt's own messages
    messages: NotRequired[list[Union[PostExecutionsBodyMessagesItemForm1, PostExecutionsBodyMessagesItemForm2, PostExecutionsBodyMessagesItemForm3]]]
    # In place of the prompt's tools
    tools: NotRequired[list[PostExecutionsBodyToolsItem]]
    tool_choice: NotRequired[Union[Literal["auto", "none", "required"], PostPromptsNameRenderReply200ToolsItem]]
    parallel_tool_calls: NotRequired[bool]
    # What else of the answer is wanted
    include: NotRequired[list[Literal["reasoning"]]]
    # False refuses stored answers; true asks for them where the prompt does not say
    cache: NotRequired[bool]
    user: NotRequired[str]
    metadata: NotRequired[dict[str, Union[str, float, bool]]]
    timeout_ms: NotRequired[int]
    max_cost_usd: NotRequired[float]
    # Receives an event at the end of the batch, signed per Standard Webhooks
    webhook: NotRequired[Union[str, GetBatchesReply200DataItemWebhook]]
    items: list[PostBatchesBodyItemsItem]


class PostBatchesReply202(TypedDict):
    id: str
    status: Literal["queued", "running", "completed", "cancelled", "failed"]
    counts: GetBatchesReply200DataItemCounts
    # Cost of its executions so far
    cost_usd: Union[float, None]
    max_cost_usd: Union[float, None]
    mode: Literal["queue", "provider"]
    prompt: PutPromptsNameReply200IncludesItem
    webhook: Union[GetBatchesReply200DataItemWebhook, None]
    created_at: str
    ended_at: Union[str, None]
    # Signs this batch's webhook; shown once
    webhook_secret: NotRequired[str]


GetBatchesIdReply200 = GetBatchesReply200DataItem


class GetBatchesIdResultsReply200(TypedDict):
    custom_id: Union[str, None]
    index: int
    status: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    # Items with equal variables share one execution
    execution: NotRequired[PostExecutionsReply200]
    error: NotRequired[GetExecutionsReply200DataItemError]


PostBatchesIdCancelReply200 = GetBatchesReply200DataItem


PostBatchesIdRedriveReply202 = GetBatchesReply200DataItem


class PutTelemetryBody(TypedDict):
    # An OTLP/HTTP endpoint: https, with a public host name. `/v1/traces` is appended to it
    otlp_endpoint: NotRequired[str]
    # Sent with each request; stored encrypted
    headers: NotRequired[dict[str, str]]
    # The share of traces to send where no caller decides; required with an `otlp_endpoint`
    sample: NotRequired[float]
    # Whether records of executions have what was asked, and spans what models were asked and what they said
    content: bool


class PutTelemetryReply200(TypedDict):
    # Traces are posted to `/v1/traces` below it; null for no collector
    otlp_endpoint: Union[str, None]
    # Their names; values are not shown
    headers: list[str]
    # The share of traces that are sent, from 0 to 1; all that failed or were slow are
    sample: float
    # Whether records of executions have what was asked, and spans what models were asked and what they said
    content: bool
    # When it was first set
    created_at: str
    # When it was last set
    updated_at: str


PutTelemetryReply201 = PutTelemetryReply200


GetTelemetryReply200 = PutTelemetryReply200


class GetInsightsAnomaliesReply200DataItemSubject(TypedDict):
    kind: Literal["prompt", "model"]
    name: str


class GetInsightsAnomaliesReply200DataItemWorst(TypedDict):
    # When the hour began
    at: str
    observed: float
    expected: float
    # The lower bound of the 95 % interval of what was expected
    low: float
    # The upper bound of the 95 % interval of what was expected
    high: float


class GetInsightsAnomaliesReply200DataItem(TypedDict):
    # What it is about
    subject: GetInsightsAnomaliesReply200DataItemSubject
    # `rate`: executions an hour; `errors`: the share that failed; `latency`: the geometric mean, ms; `cost`: US dollars an execution; `quality`: the mean score of feedback
    metric: Literal["rate", "errors", "latency", "cost", "quality"]
    # Whether it is above or below what is expected
    direction: Literal["up", "down"]
    # Critical where it is very far from what is expected
    severity: Literal["warning", "critical"]
    # When its first hour began
    since: str
    # When its last hour ended; null while it lasts
    until: Union[str, None]
    # The end of the hour in which it could be told from chance
    found_at: str
    # The hour that is furthest from what was expected
    worst: GetInsightsAnomaliesReply200DataItemWorst


class GetInsightsAnomaliesReply200LeftOut(TypedDict):
    # Prompts that were not examined
    prompts: int
    # Models that were not examined
    models: int
    # The share of all executions that those prompts had
    executions_share: float


GetInsightsAnomaliesReply200 = TypedDict("GetInsightsAnomaliesReply200", {
    "data": list[GetInsightsAnomaliesReply200DataItem],
    "next_cursor": None,
    # The time that was looked at begins here, by whole hours
    "from": str,
    # And ends before this: the last hour that is complete
    "to": str,
    # Metrics of prompts and models that have enough data
    "watched_series": int,
    # Those that have too little to say what is usual: two weeks are needed
    "learning_series": int,
    # The most false alarms that are to be expected of all of them together
    "false_alarms_a_week": float,
    # Only those with the most executions are examined; `prompt` names any other one
    "left_out": GetInsightsAnomaliesReply200LeftOut,
})


class GetInsightsForecastReply200DataItemMost(TypedDict):
    expected: float
    # The lower bound of the 90 % interval
    low: float
    # The upper bound of the 90 % interval
    high: float


class GetInsightsForecastReply200DataItemExhaustedAt(TypedDict):
    # When the forecast first exceeds the limit; null if not within the horizon
    expected: Union[str, None]
    # When its upper bound does
    earliest: Union[str, None]
    # When its lower bound does
    latest: Union[str, None]


class GetInsightsForecastReply200DataItem(TypedDict):
    # `provider:<name>` (its keys), `budget:<scope>` or `storage`
    resource: str
    unit: Literal["requests_per_minute", "tokens_per_minute", "usd_per_day", "usd_per_month", "bytes"]
    limit: float
    # The most that will be used at a time within the horizon
    most: GetInsightsForecastReply200DataItemMost
    # The interval of the date of exhaustion
    exhausted_at: GetInsightsForecastReply200DataItemExhaustedAt
    # What the limit should be: the upper bound and a tenth; null where it fits
    raise_to: Union[float, None]
    # By when: the earliest time of exhaustion
    raise_before: Union[str, None]


class GetInsightsForecastReply200DaysItem(TypedDict):
    # The 24 hours from this time on
    day: str
    executions: GetInsightsForecastReply200DataItemMost
    tokens: GetInsightsForecastReply200DataItemMost
    cost_usd: GetInsightsForecastReply200DataItemMost


GetInsightsForecastReply200LearnedFrom = TypedDict("GetInsightsForecastReply200LearnedFrom", {
    "from": str,
    "to": str,
})


class GetInsightsForecastReply200(TypedDict):
    # Limits, those that are reached first at the front
    data: list[GetInsightsForecastReply200DataItem]
    next_cursor: None
    # The demand; its bounds are the sums of those of its hours
    days: list[GetInsightsForecastReply200DaysItem]
    # The hours that it was made of; null where there are less than two weeks, and then no forecast
    learned_from: Union[GetInsightsForecastReply200LearnedFrom, None]
    # How wrong forecasts of the last weeks were, where taking the week before is 1; null if unknown
    relative_error: Union[float, None]


class GetInsightsSlaReply200DataItemObjective(TypedDict):
    availability: float
    # The share that must be answered within `latency_ms`
    percentile: float
    latency_ms: float
    # Whether the prompt's `metadata.sla` gives it
    source: Literal["prompt", "default"]
    # Fields of `metadata.sla` that are no objective
    ignored: list[str]


class GetInsightsSlaReply200DataItemMeasured(TypedDict):
    # The share that did not fail; failures that the caller caused are left out; null of none
    availability: Union[float, None]
    # The share that took no longer than the objective allows; null of none
    within_latency: Union[float, None]
    # The time within which the share of the objective's percentile was answered
    latency_ms: Union[float, None]
    # How fast the allowed failures are used up: 1 is just as fast as is allowed
    availability_burn: Union[float, None]
    # The same for executions that took too long
    latency_burn: Union[float, None]


class GetInsightsSlaReply200DataItemBurn1h(TypedDict):
    executions: int
    measured: GetInsightsSlaReply200DataItemMeasured
    # As if no provider had failed, and as if their calls had taken no time
    without_provider: GetInsightsSlaReply200DataItemMeasured


GetInsightsSlaReply200DataItemBurn = TypedDict("GetInsightsSlaReply200DataItemBurn", {
    "1h": GetInsightsSlaReply200DataItemBurn1h,
    "6h": GetInsightsSlaReply200DataItemBurn1h,
    "3d": GetInsightsSlaReply200DataItemBurn1h,
})


class GetInsightsSlaReply200DataItemSatisfactionItem(TypedDict):
    version: int
    ratings: int
    # The mean, from 0 to 1
    score: float
    # The lower bound of its 95 % interval (Wilson)
    low: float
    # The upper bound of its 95 % interval (Wilson)
    high: float


class GetInsightsSlaReply200DataItem(TypedDict):
    prompt: str
    objective: GetInsightsSlaReply200DataItemObjective
    executions: int
    measured: GetInsightsSlaReply200DataItemMeasured
    # As if no provider had failed, and as if their calls had taken no time
    without_provider: GetInsightsSlaReply200DataItemMeasured
    # The same for the last hours, each with the one under way
    burn: GetInsightsSlaReply200DataItemBurn
    # The feedback on executions that started in the time, the newest version first
    satisfaction: list[GetInsightsSlaReply200DataItemSatisfactionItem]


class GetInsightsSlaReply200OverTimeItem(TypedDict):
    # When the hour or the day began
    at: str
    executions: int
    # The median; null where all were of the batch lane
    p50_ms: Union[float, None]
    # The time that 95 of 100 did not exceed
    p95_ms: Union[float, None]
    # The time that 99 of 100 did not exceed
    p99_ms: Union[float, None]


GetInsightsSlaReply200 = TypedDict("GetInsightsSlaReply200", {
    "data": list[GetInsightsSlaReply200DataItem],
    "next_cursor": None,
    # The time that is measured begins here
    "from": str,
    # And ends before this
    "to": str,
    # Only those with the most executions are examined; `prompt` names any other one
    "left_out": GetInsightsAnomaliesReply200LeftOut,
    # Where it was asked for; times without an execution are left out
    "over_time": NotRequired[list[GetInsightsSlaReply200OverTimeItem]],
})


PostPromptsNameTestsRunBodyTestsItemAssertionsItem = TypedDict("PostPromptsNameTestsRunBodyTestsItemAssertionsItem", {
    # What is checked
    "type": Literal["equals", "contains", "contains_all", "contains_any", "starts_with", "regex", "is_json", "json_schema", "json_path", "keywords", "max_length", "min_length", "max_latency_ms", "max_cost_usd", "max_tokens", "tool_call", "refusal", "edit_similarity", "token_overlap", "embedding_similarity", "llm_rubric"],
    # What is expected, in the form that the type asks
    "value": NotRequired[Any],
    # For json_path: where the value is, such as items[0].name
    "path": NotRequired[str],
    # For embedding_similarity: the model that makes the vectors
    "model": NotRequired[str],
    # Whether upper and lower case are the same
    "ignore_case": NotRequired[bool],
    # The least score of a graded assertion
    "threshold": NotRequired[float],
    # Its share in the score, 1 by default; 0 only reports
    "weight": NotRequired[float],
    # Whether the opposite is expected
    "not": NotRequired[bool],
})


class PostPromptsNameTestsRunBodyTestsItem(TypedDict):
    # The name of the case
    name: str
    # The variables of the prompt
    variables: NotRequired[dict[str, Any]]
    # A conversation after the prompt's own messages
    messages: NotRequired[list[Union[PostExecutionsBodyMessagesItemForm1, PostExecutionsBodyMessagesItemForm2, PostExecutionsBodyMessagesItemForm3]]]
    # What is expected; without any, the execution has to succeed
    assertions: NotRequired[list[PostPromptsNameTestsRunBodyTestsItemAssertionsItem]]
    # Its share in the score of the run
    weight: NotRequired[float]
    # The least score; else every assertion has to pass
    threshold: NotRequired[float]


class PostPromptsNameTestsRunBody(TypedDict):
    # The version to test
    version: NotRequired[int]
    # The label whose version to test, in place of `version`
    label: NotRequired[str]
    # Each runs all tests, in place of the prompt's
    models: NotRequired[list[str]]
    # Cases in place of the version's own
    tests: NotRequired[list[PostPromptsNameTestsRunBodyTestsItem]]
    # Trials of each test
    repeat: NotRequired[int]
    # Trials at a time, within the deployment's limit
    concurrency: NotRequired[int]
    # Stored results stand for tests whose prompt, case, model and judge did not change
    reuse: NotRequired[bool]
    # No call begins whose worst case does not fit; needs known prices
    max_cost_usd: NotRequired[float]


class PostPromptsNameTestsRunReply200Prompt(TypedDict):
    # Its name
    name: str
    # The version that was run
    version: int


class PostPromptsNameTestsRunReply200ResultsItemChecksItem(TypedDict):
    # The assertion's type, after `not ` where that is expected
    kind: str
    # Whether it was met
    passed: bool
    # How well it was met
    score: float
    # What was expected and seen
    detail: str


class PostPromptsNameTestsRunReply200ResultsItemError(TypedDict):
    # As of an execution
    code: str
    # What went wrong
    detail: str


class PostPromptsNameTestsRunReply200ResultsItem(TypedDict):
    # The name of the case
    test: str
    # Null for the prompt's own
    model: Union[str, None]
    # Its trials so far
    repeats: int
    # Whether all trials passed
    passed: bool
    # Whether only some trials passed
    flaky: bool
    # The share of trials that passed
    pass_rate: float
    # A 95 % interval of the pass rate: its ends
    interval: list[float]
    # The score of each trial
    scores: list[float]
    # Those of the first trial that failed, or else of the first
    checks: list[PostPromptsNameTestsRunReply200ResultsItemChecksItem]
    # The beginning of its answer
    output: Union[str, None]
    # Its execution; null where none began
    execution_id: Union[str, None]
    # Why it has no answer
    error: Union[PostPromptsNameTestsRunReply200ResultsItemError, None]
    # The run whose results these are, where nothing was executed
    reused_from: Union[str, None]
    # The mean of its trials, ms
    latency_ms: float


class PostPromptsNameTestsRunReply200(TypedDict):
    # The id of the run
    id: str
    # How the run stands
    status: Literal["running", "completed", "cancelled"]
    # The prompt that is tested
    prompt: PostPromptsNameTestsRunReply200Prompt
    # When the run was accepted
    created_at: str
    # When it ended
    ended_at: Union[str, None]
    # How often each test is tried
    repeat: int
    # What the run may cost; null without a limit
    max_cost_usd: Union[float, None]
    # Tests by models
    total: int
    # Those all of whose trials passed
    passed: int
    # Those with a trial that did not pass
    failed: int
    # Those that passed and failed
    flaky: int
    # The share of trials that passed; null before the first
    pass_rate: Union[float, None]
    # A 95 % interval of the pass rate: its ends
    interval: list[float]
    # The chance that k trials of a test all pass, for k = 1, 2, …
    pass_hat_k: list[float]
    # The weighted mean of the scores; null before the first
    score: Union[float, None]
    # With the judges'; null where a price is unknown
    cost_usd: Union[float, None]
    # The tests that have begun, in their order
    results: list[PostPromptsNameTestsRunReply200ResultsItem]


PostPromptsNameTestsRunReply202 = PostPromptsNameTestsRunReply200


class GetPromptsNameTestRunsReply200DataItemCounts(TypedDict):
    # Tests by models
    total: int
    # Those all of whose trials passed
    passed: int
    # Those with a trial that did not pass
    failed: int
    # Those that passed and failed
    flaky: int
    # The share of trials that passed; null before the first
    pass_rate: Union[float, None]
    # A 95 % interval of the pass rate: its ends
    interval: list[float]
    # The chance that k trials of a test all pass, for k = 1, 2, …
    pass_hat_k: list[float]
    # The weighted mean of the scores; null before the first
    score: Union[float, None]
    # With the judges'; null where a price is unknown
    cost_usd: Union[float, None]


class GetPromptsNameTestRunsReply200DataItem(TypedDict):
    # The id of the run
    id: str
    # How the run stands
    status: Literal["running", "completed", "cancelled"]
    # The prompt that is tested
    prompt: PostPromptsNameTestsRunReply200Prompt
    # When the run was accepted
    created_at: str
    # When it ended
    ended_at: Union[str, None]
    # What it counted at its end; null before that
    counts: Union[GetPromptsNameTestRunsReply200DataItemCounts, None]


class GetPromptsNameTestRunsReply200(TypedDict):
    data: list[GetPromptsNameTestRunsReply200DataItem]
    next_cursor: Union[str, None]


GetTestRunsIdReply200 = PostPromptsNameTestsRunReply200


PostTestRunsIdCancelReply200 = PostPromptsNameTestsRunReply200


class PutPromptsNameLabelsLabelProtectionBodyAutoRollback(TypedDict):
    # Failed executions count
    errors: NotRequired[bool]
    # Scores of feedback count
    feedback: NotRequired[bool]
    # Runs of the versions' own tests count
    tests: NotRequired[bool]
    # The chance of a rollback over the life of a split whose versions are equally good
    false_alarm_rate: NotRequired[float]


class PutPromptsNameLabelsLabelProtectionBody(TypedDict):
    # The new version's tests pass about as often as with the served version
    tests: bool
    # The new version takes the variables that callers give
    compatible_variables: bool
    # Approvals by other keys than the one that asks
    approvals: int
    # A split goes back to the old version where a new one is worse
    auto_rollback: NotRequired[PutPromptsNameLabelsLabelProtectionBodyAutoRollback]


class PutPromptsNameLabelsLabelProtectionReply200AutoRollback(TypedDict):
    errors: bool
    feedback: bool
    tests: bool
    false_alarm_rate: float


class PutPromptsNameLabelsLabelProtectionReply200(TypedDict):
    tests: bool
    compatible_variables: bool
    approvals: int
    auto_rollback: NotRequired[PutPromptsNameLabelsLabelProtectionReply200AutoRollback]


GetPromptsNameLabelsLabelProtectionReply200 = PutPromptsNameLabelsLabelProtectionReply200


class GetPromotionsReply200(TypedDict):
    data: list[PutPromptsNameLabelsLabelReply202Promotion]
    next_cursor: Union[str, None]


GetPromotionsIdReply200 = PutPromptsNameLabelsLabelReply202Promotion


PostPromotionsIdApproveReply200 = PutPromptsNameLabelsLabelReply202Promotion


PostPromotionsIdCancelReply200 = PutPromptsNameLabelsLabelReply202Promotion


PostImportTestsBody = dict[str, Any]


class PostImportTestsReply200LeftOutItem(TypedDict):
    # Where it stands in the file
    path: str
    # Why it is not taken over
    reason: str


class PostImportTestsReply200(TypedDict):
    # What was sent
    format: Literal["promptfoo", "openai-evals"]
    # Prompts to publish, each with a name and its template or messages
    prompts: list[dict[str, Any]]
    # The models of the file, as a run names them
    models: list[str]
    # Cases, as a run takes them
    tests: list[dict[str, Any]]
    # How often the file runs each test
    repeat: NotRequired[float]
    # How many tests the file runs at a time
    concurrency: NotRequired[float]
    # All that could not be taken over
    left_out: list[PostImportTestsReply200LeftOutItem]


class PostCompareBodySubjectsItem(TypedDict):
    # A version
    version: NotRequired[int]
    # The label whose version is compared, in place of `version`
    label: NotRequired[str]
    # In place of the prompt's models
    model: NotRequired[str]


class PostCompareBodyJudgeForm2(TypedDict):
    # What makes an answer the better one
    criteria: NotRequired[str]
    # In place of the deployment's judge
    model: NotRequired[str]


class PostCompareBody(TypedDict):
    # The prompt
    prompt: str
    # Versions by models, which answer the same inputs
    subjects: list[PostCompareBodySubjectsItem]
    # The variables of each input
    inputs: NotRequired[list[dict[str, Any]]]
    # In place of `inputs`: the tests of the newest version, or these
    tests: NotRequired[Union[Literal[True], list[PostPromptsNameTestsRunBodyTestsItem]]]
    # Whether a model compares the answers in pairs, and how
    judge: NotRequired[Union[Literal[True], PostCompareBodyJudgeForm2]]
    # Answers of each subject to each input
    repeat: NotRequired[int]
    # What all executions cost at most
    max_cost_usd: NotRequired[float]


class PostCompareReply200SubjectsItem(TypedDict):
    # Its version
    version: int
    # The label that led to the version
    label: Union[str, None]
    # Null for the prompt's own
    model: Union[str, None]
    # Its answers so far
    answers: int
    # Those that are an error
    failed: int
    # The share that passed; null before the first
    pass_rate: Union[float, None]
    # A 95 % interval of the pass rate: its ends
    interval: list[float]
    # The mean score
    score: Union[float, None]
    # Of all answers; null where a price is unknown
    cost_usd: Union[float, None]
    # The mean, ms
    latency_ms: Union[float, None]
    # The mean of prompt and answer
    tokens: Union[float, None]


class PostCompareReply200PairsItemWins(TypedDict):
    # Those of a
    a: int
    # Those of b
    b: int
    # Neither's
    ties: int


class PostCompareReply200PairsItemPreference(TypedDict):
    # The mean over the inputs: that of a less that of b
    difference: Union[float, None]
    # A 95 % interval of the difference; null where nothing is known
    interval: Union[list[float], None]


class PostCompareReply200PairsItem(TypedDict):
    # The place of a subject, from 0
    a: int
    # The place of a subject, from 0
    b: int
    # Of answers to the same input: by the judge, or else by score
    wins: PostCompareReply200PairsItemWins
    # The share of a's wins less b's, by the judge; null without one
    preference: Union[PostCompareReply200PairsItemPreference, None]
    score: PostCompareReply200PairsItemPreference
    cost_usd: PostCompareReply200PairsItemPreference
    latency_ms: PostCompareReply200PairsItemPreference
    tokens: PostCompareReply200PairsItemPreference
    # Who is better by preference, or else by score, where the interval excludes 0; else null
    verdict: Literal["a", "b", None]


class PostCompareReply200InputsItemAnswersItem(TypedDict):
    # The place of a subject, from 0
    subject: int
    # Whether it met what was expected
    passed: bool
    # How well it met it
    score: float
    # The beginning of the answer
    output: Union[str, None]
    # Why there is no answer
    error: Union[GetExecutionsReply200DataItemError, None]
    # Its execution; null where none began
    execution_id: Union[str, None]
    # With the rubrics'; null where a price is unknown
    cost_usd: Union[float, None]
    # How long it took, ms
    latency_ms: float
    # Of prompt and answer
    tokens: int


class PostCompareReply200InputsItem(TypedDict):
    # The test, or the number of the input
    name: str
    # Which repetition, from 0
    round: int
    # Side by side
    answers: list[PostCompareReply200InputsItemAnswersItem]


class PostCompareReply200(TypedDict):
    # The id of the comparison
    id: str
    # How it stands
    status: Literal["running", "completed", "cancelled"]
    # The prompt's name
    prompt: str
    # When it was accepted
    created_at: str
    # When it ended
    ended_at: Union[str, None]
    # Why it ended without some of its executions: what was left did not cover the next one
    stopped: Literal["max_cost_usd", None]
    # Its executions, without those of rubrics
    total: int
    # Those that have ended
    done: int
    # With the judges'; null where a price is unknown
    cost_usd: Union[float, None]
    # What is compared, as it was asked for
    subjects: list[PostCompareReply200SubjectsItem]
    # Each two subjects, by their places
    pairs: list[PostCompareReply200PairsItem]
    # Each input with its answers so far
    inputs: list[PostCompareReply200InputsItem]


PostCompareReply202 = PostCompareReply200


class GetComparisonsReply200DataItemSubjectsItem(TypedDict):
    # Its version
    version: int
    # The label that led to the version
    label: Union[str, None]
    # Null for the prompt's own
    model: Union[str, None]


class GetComparisonsReply200DataItemCountsSubjectsItem(TypedDict):
    # The share that passed; null before the first
    pass_rate: Union[float, None]
    # The mean score
    score: Union[float, None]


class GetComparisonsReply200DataItemCountsPairsItem(TypedDict):
    # The place of a subject, from 0
    a: int
    # The place of a subject, from 0
    b: int
    # Who is better by preference, or else by score, where the interval excludes 0; else null
    verdict: Literal["a", "b", None]


class GetComparisonsReply200DataItemCounts(TypedDict):
    # Its executions, without those of rubrics
    total: int
    # Those that have ended
    done: int
    # With the judges'; null where a price is unknown
    cost_usd: Union[float, None]
    # By their places
    subjects: list[GetComparisonsReply200DataItemCountsSubjectsItem]
    # Each two subjects
    pairs: list[GetComparisonsReply200DataItemCountsPairsItem]


class GetComparisonsReply200DataItem(TypedDict):
    # The id of the comparison
    id: str
    # How it stands
    status: Literal["running", "completed", "cancelled"]
    # The prompt's name
    prompt: str
    # When it was accepted
    created_at: str
    # When it ended
    ended_at: Union[str, None]
    # What is compared
    subjects: list[GetComparisonsReply200DataItemSubjectsItem]
    # Its inputs
    inputs: int
    # How often each subject answers each of them
    repeat: int
    # Whether a model compares the answers
    judged: bool
    # Its executions, without those of rubrics
    total: int
    # What it may cost; null without a limit
    max_cost_usd: Union[float, None]
    # What it had found by its end; null before that, and in those of earlier versions
    counts: Union[GetComparisonsReply200DataItemCounts, None]


class GetComparisonsReply200(TypedDict):
    data: list[GetComparisonsReply200DataItem]
    next_cursor: Union[str, None]


GetComparisonsIdReply200 = PostCompareReply200


PostComparisonsIdCancelReply200 = PostCompareReply200


class PostPromptsNameOptimizeBody(TypedDict):
    # Fewer tokens at no lower pass rate, or a higher score
    goal: Literal["tokens", "score"]
    # What all executions cost at most
    max_cost_usd: float
    # For `tokens`: the least share to save
    min_saving: NotRequired[float]
    # The largest loss of pass rate that counts as none
    margin: NotRequired[float]
    # The boldest of the fixed passes to try; with `safe` no example is left out, either
    level: NotRequired[Literal["safe", "concise", "telegraphic"]]
    # Candidates that a model proposes
    reflections: NotRequired[int]
    # How often each test is tried to confirm a candidate; by default as often as the margin needs
    repeat: NotRequired[int]
    # The version's own, or these
    tests: NotRequired[Union[Literal[True], list[PostPromptsNameTestsRunBodyTestsItem]]]
    # The version to begin with
    version: NotRequired[int]
    # The label whose version to begin with, in place of `version`
    label: NotRequired[str]


class PostPromptsNameOptimizeReply202Prompt(TypedDict):
    # Its name
    name: str
    # The version it begins with
    version: int


class PostPromptsNameOptimizeReply202CandidatesItem(TypedDict):
    # The version itself, what fixed passes made of it, that with fewer examples, or a model's proposal
    origin: Literal["original", "passes", "fewer_examples", "reflection"]
    # The boldest of the fixed passes that made it
    level: Literal["safe", "concise", "telegraphic", None]
    # The place of the candidate that it was made of, from 0
    parent: Union[int, None]
    # What was done
    changes: list[str]
    # Its templates, in the order of the messages
    texts: list[str]
    # Of the prompt, as billed in the tests, or else estimated; the mean of the tests
    tokens: float
    # The share of the version's tokens that it saves
    saving: float
    # Tests that it was tried on
    trials: int
    # The share of them that passed
    pass_rate: Union[float, None]
    # Their mean score
    score: Union[float, None]
    # Whether no other one has fewer tokens and a higher score
    on_front: bool


class PostPromptsNameOptimizeReply202Confirmation(TypedDict):
    # The place of the candidate, from 0
    candidate: int
    # Trials of both sides so far
    pairs: int
    # Those that are to be made
    planned: int
    # The version's, and the candidate's
    pass_rates: list[float]
    # The candidate less the version: of pass rates, or for the goal `score` of scores
    difference: float
    # A 95 % interval of the difference
    interval: Union[list[float], None]
    # Whether the interval lies above the margin, or for the goal `score` above 0
    shown: bool


class PostPromptsNameOptimizeReply202(TypedDict):
    # The id of the optimisation
    id: str
    # How it stands
    status: Literal["running", "completed", "cancelled"]
    # The prompt
    prompt: PostPromptsNameOptimizeReply202Prompt
    # What it looks for
    goal: Literal["tokens", "score"]
    # The least share of tokens to save
    min_saving: float
    # The largest loss of pass rate that counts as none
    margin: float
    # What it may cost
    max_cost_usd: float
    # When it was accepted
    created_at: str
    # When it ended
    ended_at: Union[str, None]
    # The cases that candidates are tried on
    tests: int
    # How often each is tried of both sides to confirm a candidate
    repeat: int
    # What it cost so far; null where a price is unknown
    cost_usd: Union[float, None]
    # Declared variables that no template uses
    unused_variables: list[str]
    # The version first
    candidates: list[PostPromptsNameOptimizeReply202CandidatesItem]
    # Why proposals of the model could not be tried
    failed_proposals: list[str]
    # What trials made anew say of the candidate that was chosen
    confirmation: Union[PostPromptsNameOptimizeReply202Confirmation, None]
    # The version that was published, without a label
    published: Union[int, None]
    # Why nothing was published
    reason: Union[str, None]


GetOptimizationsIdReply200 = PostPromptsNameOptimizeReply202


class GetOptimizationsReply200DataItemCounts(TypedDict):
    # What it cost; null where a price is unknown
    cost_usd: Union[float, None]
    # The version that was published, without a label
    published: Union[int, None]


class GetOptimizationsReply200DataItem(TypedDict):
    # The id of the optimisation
    id: str
    # How it stands
    status: Literal["running", "completed", "cancelled"]
    # The prompt
    prompt: PostPromptsNameOptimizeReply202Prompt
    # What it looks for
    goal: Literal["tokens", "score"]
    # The least share of tokens to save
    min_saving: float
    # The largest loss of pass rate that counts as none
    margin: float
    # What it may cost
    max_cost_usd: float
    # When it was accepted
    created_at: str
    # When it ended
    ended_at: Union[str, None]
    # What it had found by its end; null before that, and in those of earlier versions
    counts: Union[GetOptimizationsReply200DataItemCounts, None]


class GetOptimizationsReply200(TypedDict):
    data: list[GetOptimizationsReply200DataItem]
    next_cursor: Union[str, None]


PostOptimizationsIdCancelReply200 = PostPromptsNameOptimizeReply202


PutChainsNameBody = dict[str, Any]


class PutChainsNameReply200StepsItem(TypedDict):
    id: str
    # The steps that it reads
    needs: list[str]


class PutChainsNameReply200(TypedDict):
    version: int
    content_hash: str
    created_at: str
    warnings: list[str]
    name: str
    labels: list[str]
    steps: list[PutChainsNameReply200StepsItem]


PutChainsNameReply201 = PutChainsNameReply200


class GetChainsNameReply200Definition(TypedDict):
    inputs: dict[str, Any]
    steps: list[dict[str, Any]]


class GetChainsNameReply200(TypedDict):
    version: int
    content_hash: str
    created_at: str
    warnings: list[str]
    name: str
    labels: list[str]
    steps: list[PutChainsNameReply200StepsItem]
    definition: GetChainsNameReply200Definition


class GetChainsReply200DataItem(TypedDict):
    name: str
    version: int
    content_hash: str
    created_at: str
    updated_at: str


class GetChainsReply200(TypedDict):
    data: list[GetChainsReply200DataItem]
    next_cursor: Union[str, None]


GetChainsNameVersionsReply200 = GetPromptsNameVersionsReply200


PutChainsNameLabelsLabelBody = Union[PutPromptsNameLabelsLabelBodyForm1, PutPromptsNameLabelsLabelBodyForm2]


PutChainsNameLabelsLabelReply200 = PutPromptsNameLabelsLabelReply200


GetChainsNameLabelsReply200 = GetPromptsNameLabelsReply200


GetChainsNameLabelsLabelHistoryReply200 = GetPromptsNameLabelsLabelHistoryReply200


PostChainsNameLabelsLabelRollbackBody = PostPromptsNameLabelsLabelRollbackBody


PostChainsNameLabelsLabelRollbackReply200 = PutPromptsNameLabelsLabelReply200


PostChainsNameExecuteBody = TypedDict("PostChainsNameExecuteBody", {
    "version": NotRequired[int],
    "label": NotRequired[str],
    # The inputs that the chain declares
    "inputs": NotRequired[dict[str, Any]],
    # Another name of `inputs`
    "variables": NotRequired[dict[str, Any]],
    "user": NotRequired[str],
    "metadata": NotRequired[dict[str, Union[str, float, bool]]],
    # As for each of its executions
    "cache": NotRequired[bool],
    # The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high`
    "priority": NotRequired[Literal["high", "standard", "batch"]],
    "stream": NotRequired[bool],
    # Accept now, run later: 202, and the run's address in `Location`
    "async": NotRequired[bool],
    # No step begins after this time, and those under way end with it
    "timeout_ms": NotRequired[int],
    # The most that the run may spend
    "max_cost_usd": NotRequired[float],
})


class PostChainsNameExecuteReply200Error(TypedDict):
    code: str
    detail: str
    step: str


class PostChainsNameExecuteReply200StepsItemItemsItem(TypedDict):
    # Its place in the list of `for_each`
    item: int
    status: Literal["pending", "running", "succeeded", "failed", "skipped", "cancelled"]
    output: Union[str, None]
    output_json: NotRequired[Any]
    tool_calls: NotRequired[list[dict[str, Any]]]
    error: Union[GetExecutionsReply200DataItemError, None]
    model: Union[str, None]
    prompt_version: Union[int, None]
    cost_usd: Union[float, None]
    # The ids of its executions; all but the last were tried again
    executions: list[str]


class PostChainsNameExecuteReply200StepsItem(TypedDict):
    id: str
    prompt: str
    status: Literal["pending", "running", "succeeded", "failed", "skipped", "cancelled"]
    # A list for a step with `for_each`; null where it has none
    output: Union[str, list[Union[str, None]], None]
    # Why it was skipped
    reason: NotRequired[str]
    error: Union[GetExecutionsReply200DataItemError, None]
    # Its executions so far
    attempts: int
    # Null where a price is unknown
    cost_usd: Union[float, None]
    # One, or one for each item of `for_each`, once it has begun
    items: list[PostChainsNameExecuteReply200StepsItemItemsItem]


class PostChainsNameExecuteReply200(TypedDict):
    id: str
    status: Literal["running", "succeeded", "partial", "failed", "cancelled"]
    chain: PostExecutionsReply200Prompt
    created_at: str
    ended_at: Union[str, None]
    # That of the chain's last step
    output: Union[str, list[Union[str, None]], None]
    output_json: NotRequired[Any]
    # Of the first step that failed
    error: Union[PostChainsNameExecuteReply200Error, None]
    # All executions so far; null where a price is unknown
    cost_usd: Union[float, None]
    steps: list[PostChainsNameExecuteReply200StepsItem]


PostChainsNameExecuteReply202 = PostChainsNameExecuteReply200


GetChainRunsIdReply200 = PostChainsNameExecuteReply200


class GetChainRunsReply200DataItem(TypedDict):
    id: str
    status: Literal["running", "succeeded", "partial", "failed", "cancelled"]
    chain: PostExecutionsReply200Prompt
    created_at: str
    ended_at: Union[str, None]


class GetChainRunsReply200(TypedDict):
    data: list[GetChainRunsReply200DataItem]
    next_cursor: Union[str, None]


PostChainRunsIdCancelReply200 = PostChainsNameExecuteReply200


class GetAuditReply200DataItemActor(TypedDict):
    # The id of a key; `root`; or `system` for what no request decides on
    id: str
    # The key's name
    name: Union[str, None]


class GetAuditReply200DataItem(TypedDict):
    id: str
    at: str
    actor: GetAuditReply200DataItemActor
    # `tenant.created`, `key.created`, `key.rotated`, `key.revoked`, `provider.set`, `provider.deleted`, `provider_key.set`, `provider_key.deleted`, `price.set`, `price.deleted`, `prompt.published`, `prompt.deleted`, `prompt.cache_purged`, `label.moved`, `label.rolled_back`, `label.deleted`, `label.protected`, `promotion.asked`, `promotion.approved`, `promotion.moved`, `promotion.refused`, `promotion.cancelled`, `alias.set`, `alias.deleted`, `budget.set`, `budget.deleted`, `webhook.set`, `webhook.deleted`, `telemetry.set`, `telemetry.deleted`, `chain.published`, `chain.deleted`, `chain_label.moved`, `chain_label.rolled_back`, `chain_label.deleted`, `batch.cancelled`, `batch.redriven`
    action: str
    # Such as `prompt:support/reply` or `label:support/reply@production`
    object: str
    # The `x-request-id` of the request that made the change
    request_id: Union[str, None]
    # Facts of before and after, without secrets and contents
    detail: dict[str, Any]


class GetAuditReply200(TypedDict):
    data: list[GetAuditReply200DataItem]
    next_cursor: Union[str, None]


class PostAdminShardsMovesBody(TypedDict):
    # The name of the shard's binding, such as `DB_SHARD_4`
    to: str
    buckets: NotRequired[list[int]]
    # The share of all buckets that it has afterwards
    fraction: NotRequired[float]


PostAdminShardsMovesReply202DataItem = TypedDict("PostAdminShardsMovesReply202DataItem", {
    # Its epoch
    "id": int,
    "from": str,
    "to": str,
    "state": Literal["planned", "copying", "verifying", "closing", "draining", "deleting", "done", "cancelling", "cancelled", "halted"],
    "cancel_requested": bool,
    "buckets": list[int],
    "rows_copied": int,
    # Rows that were the same on both sides, in the last comparison
    "rows_verified": int,
    # Rows that differed although nobody had changed them
    "rows_recopied": int,
    "rows_deleted": int,
    # Of the rows that were the same on both sides, in any order
    "checksum": Union[str, None],
    # How often writes were held back
    "closings": int,
    # How long the last time was, which ended with the flip
    "closed_ms": Union[int, None],
    # Why it is halted, or by what its last failed step failed
    "detail": Union[str, None],
    "created_at": str,
    "flipped_at": Union[str, None],
    "ended_at": Union[str, None],
})


class PostAdminShardsMovesReply202(TypedDict):
    data: list[PostAdminShardsMovesReply202DataItem]


PostAdminShardsMovesIdCancelReply202 = PostAdminShardsMovesReply202DataItem


class GetAdminShardsReply200ShardsItem(TypedDict):
    name: str
    # Those that it answers for
    buckets: int
    # With copies that are not valid yet, or not any more
    rows: int
    bytes: int


class GetAdminShardsReply200(TypedDict):
    # The newest epoch in which a bucket changed its shard; 0 where none has
    epoch: int
    shards: list[GetAdminShardsReply200ShardsItem]
    # Those under way, and the newest others
    moves: list[PostAdminShardsMovesReply202DataItem]


class ExecuteOptions(TypedDict):
    version: NotRequired[int]
    label: NotRequired[str]
    # A model's name, or `auto`
    model: NotRequired[str]
    # Models in the order they are tried, in place of `model`
    models: NotRequired[list[str]]
    parameters: NotRequired[PostExecutionsBodyParameters]
    # Continue the conversation after the prompt's own messages
    messages: NotRequired[list[Union[PostExecutionsBodyMessagesItemForm1, PostExecutionsBodyMessagesItemForm2, PostExecutionsBodyMessagesItemForm3]]]
    # In place of the prompt's tools
    tools: NotRequired[list[PostExecutionsBodyToolsItem]]
    tool_choice: NotRequired[Union[Literal["auto", "none", "required"], PostPromptsNameRenderReply200ToolsItem]]
    parallel_tool_calls: NotRequired[bool]
    # What else of the answer is wanted
    include: NotRequired[list[Literal["reasoning"]]]
    # The lane in which the call waits for capacity, standard by default; `high` needs the scope `priority:high`
    priority: NotRequired[Literal["high", "standard", "batch"]]
    # False: fail with 429 rather than wait for capacity
    queue: NotRequired[bool]
    # False refuses stored answers; true asks for them where the prompt does not say
    cache: NotRequired[bool]
    user: NotRequired[str]
    metadata: NotRequired[dict[str, Union[str, float, bool]]]
    timeout_ms: NotRequired[int]
