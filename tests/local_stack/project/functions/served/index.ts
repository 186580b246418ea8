// The older form of a function: it serves itself, on whatever port it likes.
Deno.serve({ port: 8000 }, () => new Response("served"));
