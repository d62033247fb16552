// The panel of example operations: a click opens one in a tab, its variables filled in.
import { pick, useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { parse, valueFromASTUntyped } from "graphql";

/** Give an operation's variables with their defaults, as the JSON that the editor shows. */
export function variablesOf(query) {
  const operation = parse(query).definitions.find((each) => each.kind === "OperationDefinition");
  const defaults = operation.variableDefinitions
    .filter((each) => each.defaultValue)
    .map((each) => [each.variable.name.value, valueFromASTUntyped(each.defaultValue)]);
  return defaults.length ? JSON.stringify(Object.fromEntries(defaults), null, 2) : "";
}

export function examplesPlugin(examples) {
  return { title: "Examples", icon: Icon, content: () => <Examples examples={examples} /> };
}

function Examples({ examples }) {
  const open = useOpen();
  const { tabs, activeTabIndex } = useGraphiQL(pick("tabs", "activeTabIndex"));
  const shown = tabs[activeTabIndex]?.query;
  return (
    <section className="examples" aria-label="Examples">
      <div className="graphiql-doc-explorer-title">Examples</div>
      <p>Questions that the API answers. Open one and run it with ▶ or Ctrl-Enter.</p>
      <ul>
        {examples.map((example) => (
          <li key={example.name}>
            <button
              type="button"
              data-example={example.name}
              aria-current={example.query === shown}
              onClick={() => open(example.query)}
            >
              <strong>{example.title}</strong>
              <span>{example.description}</span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}

/** Open an operation in the tab that holds it, in an empty tab, or else in a new one. */
function useOpen() {
  const { addTab, changeTab } = useGraphiQLActions();
  const { tabs, activeTabIndex, queryEditor, variableEditor } = useGraphiQL(
    pick("tabs", "activeTabIndex", "queryEditor", "variableEditor"),
  );
  return (query) => {
    const there = tabs.findIndex((tab) => tab.query === query);
    if (there >= 0) {
      if (there !== activeTabIndex) changeTab(there);
      return;
    }
    if (tabs[activeTabIndex]?.query) addTab();
    queryEditor?.setValue(query);
    variableEditor?.setValue(variablesOf(query));
  };
}

function Icon() {
  return (
    <svg viewBox="0 0 20 20" fill="none" stroke="currentColor" strokeWidth="1.5" aria-hidden="true">
      <path d="M3 4.5h14M3 10h9M3 15.5h6" strokeLinecap="round" />
      <path d="M14 11.5v6l4-3z" fill="currentColor" strokeLinejoin="round" />
    </svg>
  );
}
