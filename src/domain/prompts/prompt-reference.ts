/**
 * Names a prompt of the tenant: one version of it, what a label means, or neither (the default
 * label).
 */
export interface PromptReference {
  name: string;
  version?: number;
  label?: string;
}
