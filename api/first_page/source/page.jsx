// GraphiQL on this server's API, with the example operations of the package beside it.
import "./workers.js";
import "graphiql/style.css";
import "./page.css";
import { DOC_EXPLORER_PLUGIN } from "@graphiql/plugin-doc-explorer";
import { HISTORY_PLUGIN } from "@graphiql/plugin-history";
import { createGraphiQLFetcher } from "@graphiql/toolkit";
import { GraphiQL } from "graphiql";
import { createRoot } from "react-dom/client";
import { examplesPlugin, variablesOf } from "./examples.jsx";

// Relative to the page, so that a proxy may put the whole server below a path of its own.
const address = (path) => new URL(path, document.baseURI).href;

const fetcher = createGraphiQLFetcher({
  url: address("graphql"),
  enableIncrementalDelivery: false,
});

const response = await fetch(address("first-page/examples.json"));
const examples = response.ok ? await response.json() : [];
// Who comes back finds their own tabs again, who is new the first example.
const first = localStorage.getItem("graphiql:tabState") ? undefined : examples[0];
const variables = first && variablesOf(first.query);
const plugin = examplesPlugin(examples);

createRoot(document.getElementById("page")).render(
  <GraphiQL
    fetcher={fetcher}
    plugins={[HISTORY_PLUGIN, plugin]}
    referencePlugin={DOC_EXPLORER_PLUGIN}
    visiblePlugin={plugin}
    defaultTabs={first && [{ query: first.query, variables }]}
    initialVariables={variables}
    defaultQuery=""
    defaultEditorToolsVisibility="variables"
    schemaDescription
  >
    <GraphiQL.Logo>Journey Atlas</GraphiQL.Logo>
  </GraphiQL>,
);
