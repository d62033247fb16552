// Where the editor finds its workers: beside this script, never elsewhere.
const FILES = { graphql: "graphql.worker.js", json: "json.worker.js" };

globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = FILES[label] ?? "editor.worker.js";
    return new Worker(new URL(file, import.meta.url), { type: "module" });
  },
};
