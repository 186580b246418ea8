/** The version of the router, as CHANGELOG names it. */
export const VERSION = "0.1.0";
