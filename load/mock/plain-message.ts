/** A message as the mock reads it: its texts joined, its role one of three. */
export interface PlainMessage {
  role: "system" | "user" | "assistant";
  content: string;
}
