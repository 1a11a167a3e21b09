import js from "@eslint/js";
import globals from "globals";

/** Ways of a program into a page that take text as HTML or as code. */
const TEXT_AS_CODE = [
  "innerHTML",
  "outerHTML",
  "insertAdjacentHTML",
  "setHTMLUnsafe",
  "createContextualFragment",
  "write",
  "writeln",
].map((property) => ({ property, message: "Set text as text: use element() of dom.js." }));

export default [
  // The folders that .gitignore names, and copies of the program in them.
  { ignores: [".venv/", "build/", "dist/", "out/"] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "no-var": "error",
      "prefer-const": "error",
    },
  },
  {
    files: [
      "fsm/simulator/page/**/*.js",
      "fsm/book/page/**/*.js",
      "examples/janus/page/**/*.js",
    ],
    languageOptions: { globals: globals.browser },
    rules: {
      "no-eval": "error",
      "no-implied-eval": "error",
      "no-new-func": "error",
      "no-restricted-properties": ["error", ...TEXT_AS_CODE],
    },
  },
];
