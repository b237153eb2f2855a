/** A picture of one red pixel, base64 of a PNG. */
export const PICTURE =
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8BQDwAEhQGAhKmMIQAAAABJRU5ErkJggg==";

/** The same as a URL. */
export const PICTURE_URL = `data:image/png;base64,${PICTURE}`;
