// jira.js beside jira-client on one sandbox, with latency and with lost answers.
//
// Both create 500 issues, each with a mark of its own, 50 a request and four requests at once, and
// read all of them back. Every fourth bulk create is carried out, but its answer is lost. jira.js
// runs with its own retries switched on. jira-client says that the write may have been applied; its
// caller looks for the marks and creates what is missing.
import { spawn } from "node:child_process";

import { BASE, bearer, CLOUD_ID, control, loadJiraJs } from "./sandbox.mjs";

const COUNT = 500;
const { createCloudClient } = await loadJiraJs();
const program = process.env.COMPARE_CLIENT;
if (!program) {
  console.log("skipped: COMPARE_CLIENT does not name the program: cargo build -p acceptance --example compare_client");
  process.exit(0);
}

const total = async () => (await control("GET", "/sandbox/charges")).total;

async function measured(name, work) {
  const property = `compare.${name.replaceAll(/\W/g, "")}.${Date.now()}`;
  const token = await bearer();
  await control("POST", "/sandbox/settings", { latency_ms: 20, latency_per_issue_ms: 1 });
  await control("POST", "/sandbox/faults", { endpoint: "bulk_create", when: { every: 4 }, effect: { kind: "drop_after" } });
  const [before, began] = [await total(), performance.now()];
  try {
    await work(property, token);
  } finally {
    await control("DELETE", "/sandbox/faults");
  }
  const [seconds, after] = [(performance.now() - began) / 1000, await total()];
  const report = await control("GET", `/sandbox/duplicates?property=${property}&field=mark`);
  const marks = report.once + report.repeated;
  return {
    client: name, requests: after.requests - before.requests, seconds: seconds.toFixed(1),
    "quota points": after.quota_points - before.quota_points, "lost answers": after.unanswered - before.unanswered,
    missing: COUNT - marks, duplicates: report.marked - marks,
  };
}

async function withJiraJs(property, token) {
  const jira = createCloudClient({
    host: `${BASE}/ex/jira/${CLOUD_ID}`, auth: { type: "bearer", token },
    retry: { maxAttempts: 4, initialDelayMs: 200 },
  });
  const issue = (mark) => ({
    fields: { project: { id: "10000" }, issuetype: { id: "10001" }, summary: `Issue ${mark}`, labels: [property] },
    properties: [{ key: property, value: { mark: String(mark) } }],
  });
  const requests = [];
  for (let start = 0; start < COUNT; start += 50) {
    requests.push([...Array(50).keys()].map((at) => issue(start + at)));
  }
  const next = async () => {
    for (let issueUpdates = requests.shift(); issueUpdates; issueUpdates = requests.shift()) {
      await jira.issues.createIssues({ issueUpdates });
    }
  };
  await Promise.all([next(), next(), next(), next()]);
  const ids = [];
  let nextPageToken;
  do {
    const page = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({
      jql: `project = SHOP AND labels = "${property}"`, nextPageToken, maxResults: 5000, fields: ["id"], properties: [property],
    });
    ids.push(...page.issues.map((found) => found.id));
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
  for (let start = 0; start < ids.length; start += 100) {
    await jira.issues.bulkFetchIssues({ issueIdsOrKeys: ids.slice(start, start + 100), fields: ["summary"] });
  }
}

async function withJiraClient(property, token) {
  const env = {
    ...process.env, COMPARE_PROPERTY: property, COMPARE_COUNT: String(COUNT), JIRA_SANDBOX_URL: BASE,
    JIRA_CLOUD_ID: CLOUD_ID, JIRA_ACCESS_TOKEN: token,
  };
  await new Promise((done, failed) => {
    const child = spawn(program, [], { env, stdio: "inherit" });
    child.on("error", failed);
    child.on("exit", (code) => (code === 0 ? done() : failed(new Error(`jira-client ended with ${code}`))));
  });
}

console.table([await measured("jira.js", withJiraJs), await measured("jira-client", withJiraClient)]);
