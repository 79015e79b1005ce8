// Every query for the logs goes through Microsoft's own parser of KQL, with the columns that it may
// ask for. Started with the parser's folder; prints what it does not understand.
"use strict";
const fs = require("fs");
const path = require("path");

const parser = process.argv[2];
require(path.join(parser, "bridge.js"));
require(path.join(parser, "Kusto.Language.Bridge.js"));
const { KustoCode, GlobalState, Symbols } = global.Kusto.Language;

// The columns that we use of Azure Monitor's tables: first as a workspace names them, where alerts
// and the workbook ask, then as Application Insights does, where people ask.
const TABLES = {
  AppTraces: "(TimeGenerated: datetime, Message: string, Properties: dynamic)",
  AppRequests: "(TimeGenerated: datetime, OperationName: string, Success: bool, DurationMs: real)",
  AppExceptions: "(TimeGenerated: datetime, ExceptionType: string)",
  StorageQueueLogs: "(TimeGenerated: datetime, OperationName: string, StatusText: string, Uri: string)",
  traces: "(timestamp: datetime, message: string, customDimensions: dynamic)",
  requests: "(timestamp: datetime, name: string, success: bool, customDimensions: dynamic)",
  dependencies: "(timestamp: datetime, name: string, duration: real, customDimensions: dynamic)",
};

const tables = Object.entries(TABLES).map(([name, columns]) =>
  Symbols.TableSymbol.From(columns).WithName(name),
);
const database = new Symbols.DatabaseSymbol.$ctor1("logs", tables, false);
const globals = GlobalState.Default.WithDatabase(database);

function problems(query) {
  // What Terraform fills in is a number in queries.
  const code = KustoCode.ParseAndAnalyze(query.replace(/\$\{\w+\}/g, "1"), globals);
  const found = code.GetDiagnostics();
  return Array.from({ length: found.Count }, (_, at) => found.getItem(at).Message);
}

function queries() {
  const all = [];
  for (const file of fs.readdirSync("terraform/queries")) {
    all.push([file, fs.readFileSync(`terraform/queries/${file}`, "utf8")]);
  }
  const workbook = JSON.parse(fs.readFileSync("terraform/workbook.json", "utf8"));
  for (const { content } of workbook.items) {
    if (content.query) all.push([`workbook.json, ${content.title}`, content.query]);
  }
  const guide = fs.readFileSync("docs/MONITORING.md", "utf8");
  for (const [, query] of guide.matchAll(/```kusto\n([^]*?)```/g)) {
    all.push([`MONITORING.md, ${query.split("\n")[0]}`, query]);
  }
  return all;
}

// A parser that accepts everything would not help.
if (problems("AppTraces | where Nothing == 1").length === 0) {
  throw new Error("the parser does not know columns: its interface may have changed");
}
let wrong = 0;
const all = queries();
for (const [name, query] of all) {
  const found = problems(query);
  for (const problem of found) console.log(`${name}: ${problem}`);
  if (found.length > 0) wrong += 1;
}
if (wrong > 0) {
  console.log(`${wrong} of ${all.length} queries are no KQL`);
  process.exit(1);
}
console.log(`${all.length} queries are KQL`);
