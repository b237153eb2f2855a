export { ChainsPage } from "./chains-page.tsx";
export { ChainPage } from "./chain-page.tsx";
export { ChainRunPage } from "./chain-run-page.tsx";
