/**
 * The definition of a prompt that consists of its one variable, `text`. With temperature 0, the
 * default, the runtime may store its answers.
 */
export function textPrompt(name: string, temperature = 0) {
  return {
    name,
    model: "gpt-4o-mini",
    template: "{{ text }}",
    variables: { text: { type: "string", required: true } },
    settings: { temperature, max_tokens: 200 },
  };
}
