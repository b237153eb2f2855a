import type { VariableType } from "../prompt.ts";

/** A template and its place in the file. */
export interface PlacedTemplate {
  text: string;
  path: string;
}

/**
 * A variable that stands by itself, outside of a text: a medium, or the history of a conversation.
 */
export interface PlacedVariable {
  name: string;
  path: string;
  type: VariableType;
}

/** What the messages of a file take from variables. */
export interface Placed {
  templates: PlacedTemplate[];
  variables: PlacedVariable[];
}
