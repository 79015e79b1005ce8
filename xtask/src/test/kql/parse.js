// Queries go through Microsoft's own parser of KQL, with the columns that they may ask for. Started
// with the parser's folder; reads {"tables", "queries"} and prints what the parser does not understand.
"use strict";
const fs = require("fs");
const path = require("path");

const parser = process.argv[2];
require(path.join(parser, "bridge.js"));
require(path.join(parser, "Kusto.Language.Bridge.js"));
const { KustoCode, GlobalState, Symbols } = global.Kusto.Language;

const { tables, queries } = JSON.parse(fs.readFileSync(0, "utf8"));
const symbols = Object.entries(tables).map(([name, columns]) => {
  const declared = Object.entries(columns).map(([column, type]) => `${column}: ${type}`);
  return Symbols.TableSymbol.From(`(${declared.join(", ")})`).WithName(name);
});
const database = new Symbols.DatabaseSymbol.$ctor1("logs", symbols, false);
const globals = GlobalState.Default.WithDatabase(database);

function problems(query) {
  const code = KustoCode.ParseAndAnalyze(query, globals);
  const found = code.GetDiagnostics();
  return Array.from({ length: found.Count }, (_, at) => found.getItem(at).Message);
}

// A parser that accepts everything would not help.
if (problems("AppTraces | where Nothing == 1").length === 0) {
  throw new Error("the parser does not know columns: its interface may have changed");
}
let wrong = 0;
for (const [name, query] of Object.entries(queries)) {
  const found = problems(query);
  for (const problem of found) console.log(`${name}: ${problem}`);
  if (found.length > 0) wrong += 1;
}
if (wrong > 0) {
  console.log(`${wrong} of ${Object.keys(queries).length} queries are no KQL`);
  process.exit(1);
}
console.log(`${Object.keys(queries).length} queries are KQL`);
