import { AppError } from "../errors.ts";

/** An answer that does not begin with the text that it must go on from. */
export class DivergedAnswer extends AppError {
  constructor() {
    super("provider_error", "The answer does not begin with the text that was passed on before.");
  }
}
