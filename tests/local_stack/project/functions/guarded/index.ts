/** Is reached with a token of the project, or not at all. */
export default { fetch: () => new Response("reached") };
