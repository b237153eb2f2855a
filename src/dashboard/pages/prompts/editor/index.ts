export { EditorPage } from "./editor-page.tsx";
export { NewPromptPage } from "./new-prompt-page.tsx";
