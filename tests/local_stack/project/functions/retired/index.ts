/** Is switched off in config.toml. */
export default { fetch: () => new Response("never") };
