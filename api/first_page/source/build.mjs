// Builds ../static from the pinned packages, and writes down what is in it and under which licence.
import { createHash } from "node:crypto";
import { copyFileSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";

const STATIC = "../static";
const SOURCES = readdirSync(".").filter((name) => /\.(jsx?|mjs|css|html|svg|json|txt)$/.test(name));
const LICENCE_FILE = /^(licen[cs]e|copying|notice|third-?party-?notices)(\.(md|txt))?$/i;

// graphiql/style.css holds the editor's styles already.
const editorStylesOnce = {
  name: "editor-styles-once",
  setup({ onLoad }) {
    onLoad({ filter: /monaco-editor\/esm\/.*\.css$/ }, () => ({ contents: "", loader: "css" }));
  },
};

// An error's text of graphql names a package registry's site; the advice is for developers.
const noForeignAdvice = {
  name: "no-foreign-advice",
  setup({ onLoad }) {
    onLoad({ filter: /graphql\/jsutils\/instanceOf\.m?js$/ }, ({ path }) => ({
      contents: readFileSync(path, "utf8").replace(/^https:\S+$/m, ""),
    }));
  },
};

const result = await build({
  entryPoints: {
    page: "page.jsx",
    "editor.worker": "monaco-editor/esm/vs/editor/editor.worker.js",
    "json.worker": "monaco-editor/esm/vs/language/json/json.worker.js",
    "graphql.worker": "monaco-graphql/esm/graphql.worker.js",
  },
  outdir: STATIC,
  bundle: true,
  minify: true,
  format: "esm",
  target: "es2022",
  jsx: "automatic",
  charset: "utf8",
  legalComments: "none", // LICENSES.txt has them all
  define: { "process.env.NODE_ENV": '"production"' },
  plugins: [editorStylesOnce, noForeignAdvice],
  metafile: true,
  logLevel: "warning",
});

for (const name of ["index.html", "icon.svg"]) copyFileSync(name, join(STATIC, name));
const packages = packagesIn(Object.keys(result.metafile.inputs));
writeFileSync("../LICENSES.txt", licences(packages));
writeFileSync("../VERSION", `${JSON.stringify(version(packages), null, 2)}\n`);

/** Give the packages that the given files belong to, by name, `@fontsource/fira-code` always. */
function packagesIn(files) {
  const names = files.map((file) => file.match(/.*node_modules\/((?:@[^/]+\/)?[^/]+)/)?.[1]);
  names.push("@fontsource/fira-code"); // its font is embedded in @graphiql/react, its licence isn't
  return [...new Set(names.filter(Boolean))].sort().map(described);
}

function described(name) {
  const folder = join("node_modules", name);
  const { version, license } = JSON.parse(readFileSync(join(folder, "package.json")));
  const files = readdirSync(folder).filter((file) => LICENCE_FILE.test(file)).sort();
  const texts = files.map((file) => readFileSync(join(folder, file), "utf8").trim());
  return { name, version, license, texts };
}

function licences(packages) {
  const parts = packages.map(({ name, version, license, texts }) => {
    const text = texts.join("\n\n") || `${license}; the package brings no text of it.`;
    return `${"=".repeat(80)}\n${name} ${version} (${license})\n${"=".repeat(80)}\n\n${text}\n`;
  });
  const fonts = readFileSync("fonts.txt", "utf8");
  return [fonts, ...parts].join("\n").replace(/[ \t\r]+$/gm, "");
}

/** Name what the bundle was made of; `sources` changes with every file that it is built from. */
function version(packages) {
  const sources = createHash("sha256");
  for (const name of SOURCES.sort()) sources.update(`${name}\0`).update(readFileSync(name));
  return {
    packages: Object.fromEntries(packages.map(({ name, version }) => [name, version])),
    sources: sources.digest("hex"),
  };
}
