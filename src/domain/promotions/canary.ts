/** placeholder */
export interface CanaryWatch {
  reference: number;
}
