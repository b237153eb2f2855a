import { describe, expect, expectTypeOf, it } from "vitest";
import { type AnyPrompts, type DeclaredPrompt, PbtEdge, printPromptTypes } from "../../src/client/index.ts";
import type { PromptCall } from "../../src/client/prompt-calls.ts";

const PROMPTS: DeclaredPrompt[] = [
  {
    name: "support/answer",
    variables: {
      question: { type: "string", required: true, description: "What the user\nasks */" },
      tone: { type: "string", required: true, default: "kind", options: ["kind", 'a "dry" one'] },
      class: { type: "integer", options: [1, 2.5] },
      "photo-1": { type: "image", required: true },
      history: { type: "messages" },
      new: { type: "from the future", required: true },
    },
  },
  { name: "hello", variables: {} },
];

describe("the types of prompts", () => {
  it("are written for TypeScript, in the order of the prompts' names", () => {
    const text = printPromptTypes(PROMPTS, "typescript");
    expect(text).toContain(`export interface Prompts {
  "hello": {
    variables: Record<never, never>;
  };
  "support/answer": {
    variables: {
      /** What the user asks *\\/ */
      question: string;
      tone?: "kind" | "a \\"dry\\" one";
      class?: 1 | 2.5;
      "photo-1": MediaValue;
      history?: readonly ConversationMessage[];
      new: unknown;
    };
  };
}
`);
    expect(printPromptTypes(PROMPTS.toReversed(), "typescript")).toBe(text);
  });

  it("are written for Python, where a half is no literal and a name may be a word of Python", () => {
    expect(printPromptTypes([...PROMPTS, { name: "support-answer", variables: {} }], "python")).toContain(`
# The variables of "hello".
HelloVariables = TypedDict("HelloVariables", {})

# The variables of "support-answer".
SupportAnswerVariables = TypedDict("SupportAnswerVariables", {})

# The variables of "support/answer".
SupportAnswerVariables2 = TypedDict("SupportAnswerVariables2", {
    "question": str,  # What the user asks */
    "tone": NotRequired[Literal["kind", "a \\"dry\\" one"]],
    "class": NotRequired[int],
    "photo-1": MediaValue,
    "history": NotRequired[list[dict[str, Any]]],
    "new": Any,
})
`);
  });
});

interface Known {
  hello: { variables: { style?: string } };
  "support/answer": { variables: { question: string; tone?: "kind" | "dry" } };
}

describe("an execution of typed prompts", () => {
  it("takes the variables of the prompt that it names, and no prompt that is not known", () => {
    expectTypeOf<["hello"]>().toExtend<PromptCall<Known>>();
    expectTypeOf<["support/answer", { variables: { question: string }; user: string }]>().toExtend<PromptCall<Known>>();
    expectTypeOf<["support/answer"]>().not.toExtend<PromptCall<Known>>();
    expectTypeOf<["support/answer", { variables: { question: number } }]>().not.toExtend<PromptCall<Known>>();
    expectTypeOf<["other", { variables: { question: string } }]>().not.toExtend<PromptCall<Known>>();
    expectTypeOf<["any", { variables: { any: 1 } }]>().toExtend<PromptCall<AnyPrompts>>();
  });

  it("is checked by the client's type, or by the one that the call names", async () => {
    const options = { baseUrl: "https://edge.example", apiKey: "k", fetch: async () => Response.json({ id: "exe_1" }) };
    const typed = new PbtEdge<Known>(options);
    const reply = await typed.execute("support/answer", { variables: { question: "x", tone: "dry" } });
    expect(reply).toEqual({ id: "exe_1" });
    expect(await new PbtEdge(options).execute<Known>("hello")).toEqual(reply);
    expectTypeOf(reply.output).toEqualTypeOf<string | null>();
  });
});
