export { PromptsPage } from "./prompts-page.tsx";
export { PromptPage } from "./prompt-page.tsx";
