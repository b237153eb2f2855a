import { ProtocolError, ProtocolErrorCode, Server } from "@modelcontextprotocol/server";
import type { GetPromptResult, Tool } from "@modelcontextprotocol/server";
import { ApiError, type DeclaredVariable } from "../../client/index.ts";
import { typedValue } from "../project/variables.ts";
import { VERSION } from "../version.ts";
import type { OfferedPrompt, StoredPrompts } from "./stored-prompts.ts";

/**
 * A server of the Model Context Protocol that offers stored prompts: as prompts, whose messages the
 * client's own model is sent, and as tools, which this runtime executes. Its lists are read anew,
 * so that a published prompt appears without a restart.
 */
export function createMcpServer(prompts: StoredPrompts, offers: { prompts: boolean; tools: boolean }): Server {
  const server = new Server(
    { name: "pbt-edge", version: VERSION },
    { capabilities: { ...(offers.prompts && { prompts: {} }), ...(offers.tools && { tools: {} }) } },
  );
  if (offers.prompts) offerPrompts(server, prompts);
  if (offers.tools) offerTools(server, prompts);
  return server;
}

function offerPrompts(server: Server, prompts: StoredPrompts): void {
  server.setRequestHandler("prompts/list", async () => ({
    prompts: (await prompts.list()).map(({ name, description, variables }) => ({
      name,
      description,
      arguments: Object.entries(variables).map(([variable, declared]) => ({
        name: variable,
        description: describe(declared),
        required: isRequired(declared),
      })),
    })),
  }));
  server.setRequestHandler("prompts/get", async ({ params }): Promise<GetPromptResult> => {
    const prompt = (await prompts.list()).find(({ name }) => name === params.name);
    if (!prompt) throw unknown("prompt", params.name);
    // Clients send every argument as a text.
    const variables = () =>
      Object.entries(params.arguments ?? {}).map(([name, text]) => {
        return [name, typedValue(name, text, prompt.variables[name]?.type ?? "string")];
      });
    const { messages } = await asProtocolError(async () =>
      prompts.render(prompt.name, Object.fromEntries(variables()) as Record<string, unknown>),
    );
    return { description: prompt.description, messages: messages.map(({ role, content }) => messageOf(role, content)) };
  });
}

function offerTools(server: Server, prompts: StoredPrompts): void {
  server.setRequestHandler("tools/list", async () => ({ tools: (await prompts.list()).map(toolOf) }));
  server.setRequestHandler("tools/call", async ({ params }, context) => {
    const prompt = (await prompts.list()).find(({ toolName }) => toolName === params.name);
    if (!prompt) throw unknown("tool", params.name);
    try {
      const reply = await prompts.execute(prompt.name, params.arguments ?? {}, context.mcpReq.signal);
      const facts = { execution_id: reply.id, cost_usd: reply.cost_usd, model: reply.model };
      return { content: [{ type: "text", text: reply.output ?? JSON.stringify(reply.tool_calls) }], _meta: facts };
    } catch (error) {
      // A model can mend a call that was refused, so the refusal is the tool's result.
      if (!(error instanceof ApiError)) throw error;
      return { content: [{ type: "text", text: error.message }], isError: true };
    }
  });
}

function toolOf({ name, toolName, description, variables }: OfferedPrompt): Tool {
  const properties = Object.fromEntries(
    Object.entries(variables).map(([variable, declared]) => [variable, schemaOf(declared)]),
  );
  const required = Object.entries(variables).flatMap(([variable, declared]) =>
    isRequired(declared) ? [variable] : [],
  );
  return {
    name: toolName,
    title: name,
    description,
    inputSchema: { type: "object", properties, required } as Tool["inputSchema"],
  };
}

const SCHEMAS: Readonly<Record<string, object>> = {
  string: { type: "string" },
  number: { type: "number" },
  integer: { type: "integer" },
  boolean: { type: "boolean" },
  list: { type: "array" },
  object: { type: "object" },
  messages: { type: "array", items: { type: "object" } },
};

function schemaOf({ type, description, options, default: preset }: DeclaredVariable): object {
  return {
    ...SCHEMAS[type],
    ...(description !== undefined && { description }),
    ...(options !== undefined && { enum: options }),
    ...(preset !== undefined && preset !== null && { default: preset }),
  };
}

function describe({ description, type, options }: DeclaredVariable): string {
  const kind = options ? options.map(String).join(", ") : type;
  return description === undefined ? kind : `${description} (${kind})`;
}

function isRequired({ required = false, default: preset }: DeclaredVariable): boolean {
  return required && preset === undefined;
}

/** The protocol has two roles: what is the system's is said by the user. */
function messageOf(role: string, content: unknown): GetPromptResult["messages"][number] {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return { role: role === "assistant" ? "assistant" : "user", content: { type: "text", text } };
}

function unknown(kind: string, name: string): ProtocolError {
  return new ProtocolError(ProtocolErrorCode.InvalidParams, `there is no ${kind} ${name}`);
}

async function asProtocolError<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, error instanceof Error ? error.message : String(error));
  }
}
