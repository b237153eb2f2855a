import { styleText } from "node:util";

type Style = "bold" | "dim" | "red" | "green" | "yellow" | "cyan" | "magenta";

/** Colours of a terminal, or none. */
export class Paint {
  readonly #isOn: boolean;

  constructor(isOn: boolean) {
    this.#isOn = isOn;
  }

  bold = (text: string): string => this.#style("bold", text);
  dim = (text: string): string => this.#style("dim", text);
  red = (text: string): string => this.#style("red", text);
  green = (text: string): string => this.#style("green", text);
  yellow = (text: string): string => this.#style("yellow", text);
  cyan = (text: string): string => this.#style("cyan", text);
  magenta = (text: string): string => this.#style("magenta", text);

  #style(style: Style, text: string): string {
    return this.#isOn ? styleText(style, text, { validateStream: false }) : text;
  }
}
