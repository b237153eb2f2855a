/** What the prompt below includes. */
export const NOTE = { name: "legal/note", model: "gpt-4o-mini", template: "This is no legal advice." };

/**
 * A prompt with all that one of today has: an include, a cache breakpoint, history, an image,
 * tools, thinking and effort.
 */
export const PROMPT = {
  name: "letters",
  model: "gpt-4o-mini",
  messages: [
    {
      role: "system",
      content: [
        { type: "text", text: 'Answer letters. {% include "legal/note" %}', cache_control: { type: "ephemeral" } },
      ],
    },
    { placeholder: "history" },
    {
      role: "user",
      content: [
        { type: "text", text: "{{ text }}" },
        { type: "image", image: "{{ photo }}" },
      ],
    },
  ],
  variables: { text: "string", photo: "image", history: { type: "messages", required: false } },
  tools: [{ name: "get_weather", description: "The weather of a city", parameters: { type: "object" } }],
  settings: { max_tokens: 2_048, reasoning_effort: "low", thinking: 1_024 },
};

/** A prompt's variables; `text` tells the mock's model what to do. */
export const variablesOf = (text: string) => ({
  text,
  photo: "https://cdn.example.com/a.png",
  history: [
    { role: "user", content: "Hello." },
    { role: "assistant", content: "Hello. What can I do?" },
  ],
});
