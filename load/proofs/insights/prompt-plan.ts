/** How a prompt is used: what its hours would be without chance. */
export interface PromptPlan {
  name: string;
  model: string;
  /** Executions of a middling hour of a working day. */
  rate: number;
  /** How much the day and the weekend differ, 0 for not at all. */
  daily: number;
  weekend: number;
  peakHour: number;
  /** What a week grows by, as a share. */
  growth: number;
  latencyMs: number;
  nanousd: number;
  errors: number;
  quality: number;
}
