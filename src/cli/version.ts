/** The version of the package; `npm run package` checks that it is the manifest's. */
export const VERSION = "0.1.0";
