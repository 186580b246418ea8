/** Guards of the console: who may call it, what it passes on, what its page never sees. */
import { migration, type Mutation } from "./mutation.ts";

const DOOR = "scripts/console/door.ts";
const SERVER = "scripts/console/console.ts";
const CALLS = "scripts/console/calls.ts";
const DOOR_TESTS = ["scripts/console/console_test.ts"];
const CALLS_TESTS = ["scripts/console/calls_test.ts"];

export const CONSOLE_GUARDS: Mutation[] = [
  {
    guard: "the console answers under its own name only",
    file: DOOR,
    from: 'headers.get("host") !== address',
    to: "false",
    tests: DOOR_TESTS,
    filter: "under another name",
  },
  {
    guard: "the console refuses calls from other pages",
    file: DOOR,
    from: "if (origin !== own)",
    to: "if (false)",
    tests: DOOR_TESTS,
    filter: "from another page is refused",
  },
  {
    guard: "the console refuses changes of an unnamed page",
    file: DOOR,
    from: '(method === "GET" ? own : null)',
    to: "own",
    tests: DOOR_TESTS,
    filter: "does not say which page",
  },
  {
    guard: "the console makes no call without its token",
    file: SERVER,
    from: "if (!door.opensTo(request))",
    to: "if (false)",
    tests: DOOR_TESTS,
    filter: "without the token",
  },
  {
    guard: "the console's page runs nothing from elsewhere",
    file: SERVER,
    from: "response.headers.set(name, value);",
    to: "void [name, value];",
    tests: DOOR_TESTS,
    filter: "takes nothing from elsewhere",
  },
  {
    guard: "the console makes the calls of its page only",
    file: CALLS,
    from: "one.method === method && one.path.test(path)",
    to: "one.method !== path",
    tests: CALLS_TESTS,
    filter: "no other call reaches",
  },
  {
    guard: "the console calls no function of the database but those that read",
    file: CALLS,
    from: 'method === "POST" && RPCS.test(path)',
    to: 'method === "POST"',
    tests: CALLS_TESTS,
    filter: "no other call reaches",
  },
  {
    guard: "the console changes nothing of a strategy but its status",
    file: CALLS,
    from: "call.body && !call.body.safeParse(body).success",
    to: "false",
    tests: CALLS_TESTS,
    filter: "no other call reaches",
  },
  {
    guard: "the console passes no answer on that holds the key",
    file: SERVER,
    from: "text.includes(secretKey)",
    to: "false",
    tests: CALLS_TESTS,
    filter: "the key is in no answer",
  },
  {
    guard: "the overview shows of a route's URL no more than its host",
    file: migration("overview"),
    from: "'label', private.route_label(kind, target)",
    to: "'label', target",
    tests: ["tests/schema/database_test.ts"],
    filter: "8600_overview",
  },
  {
    guard: "a call for alerts examines a bounded number of rows",
    file: migration("list_alerts"),
    from: "greatest(page_size, 2000)",
    to: "100000",
    tests: ["tests/schema/database_test.ts"],
    filter: "8500_list_alerts",
  },
  {
    guard: "the console's list has the rows in sight only",
    file: "scripts/console/page/alerts/list.tsx",
    from: "alerts.slice(first, last)",
    to: "alerts.slice(first)",
    tests: ["tests/console/list_test.ts"],
    filter: "ten thousand",
  },
  {
    guard: "the console takes the token out of the address bar",
    file: "scripts/console/page/data/client.ts",
    from: 'history.replaceState(null, "", url);',
    to: "",
    tests: ["tests/console/secrets_test.ts"],
    filter: "come on a click",
  },
];
