/** The console's page. */
/// <reference lib="dom" />
/// <reference lib="dom.iterable" />
import { render } from "preact";
import "uplot/dist/uPlot.min.css";
import "./style/base.css";
import "./style/overview.css";
import "./style/table.css";
import "./style/alerts.css";
import "./style/drawer.css";
import "./style/dialog.css";
import { App } from "./app.tsx";
import { takeToken } from "./data/client.ts";

render(<App hasToken={takeToken()} />, document.body);
