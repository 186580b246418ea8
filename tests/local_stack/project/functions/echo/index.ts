/** Tells what it was asked, for the tests of the local gateway. */
async function echo(request: Request): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/echo/die") Deno.exit(1);
  if (pathname === "/echo/large") {
    // Refused by what it is said to be, before any of it is read.
    return Response.json(request.headers.get("content-length"), {
      status: 413,
    });
  }
  return Response.json({
    path: pathname,
    headers: Object.fromEntries(request.headers),
    body: await request.text(),
    names: Object.keys(Deno.env.toObject()),
  });
}

export default { fetch: echo };
