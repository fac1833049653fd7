// gouqi, jira.js and jira-client side by side on one sandbox, with latency, without and with lost
// answers.
//
// Each creates 500 issues, each with a mark of its own, 50 a request and four requests at once, and
// reads all of them back. In the second run every fourth bulk create is carried out, but its answer
// is lost: then jira.js repeats by itself, gouqi's caller creates again or looks first, and
// jira-client's caller looks where the client says that the create may have been applied.
import { spawn, spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";

import { BASE, bearer, CLOUD_ID, control } from "./sandbox.mjs";

const COUNT = 500;
const HERE = fileURLToPath(new URL(".", import.meta.url));
const total = async () => (await control("GET", "/sandbox/charges")).total;

/** Builds a program, from what is there already, and gives its path; none where cargo cannot. */
function built(...which) {
  const cargo = process.env.CARGO ?? "cargo";
  const asked = ["build", "--locked", "--offline", "--message-format=json-render-diagnostics", ...which];
  const { status, stdout } = spawnSync(cargo, asked, { cwd: HERE, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"], maxBuffer: 2 ** 28 });
  const programs = (stdout ?? "").split("\n").filter((line) => line.startsWith("{")).map((line) => JSON.parse(line).executable);
  return status === 0 ? programs.findLast(Boolean) : undefined;
}

async function measured({ name, work }, losing) {
  const property = `compare.${name.replaceAll(/\W/g, "")}.${Date.now()}`;
  const token = await bearer();
  await control("POST", "/sandbox/settings", { latency_ms: 20, latency_per_issue_ms: 1 });
  if (losing) {
    await control("POST", "/sandbox/faults", { endpoint: "bulk_create", when: { every: 4 }, effect: { kind: "drop_after" } });
  }
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
    client: name, requests: after.requests - before.requests, seconds: seconds.toFixed(2),
    "quota points": after.quota_points - before.quota_points, "lost answers": after.unanswered - before.unanswered,
    missing: COUNT - marks, duplicates: report.marked - marks,
  };
}

function withJiraJs({ createCloudClient }) {
  return async (property, token) => {
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
    const inFours = async (queue, send) => {
      const next = async () => {
        for (let one = queue.shift(); one; one = queue.shift()) await send(one);
      };
      await Promise.all([next(), next(), next(), next()]);
    };
    await inFours(requests, (issueUpdates) => jira.issues.createIssues({ issueUpdates }));
    const ids = [];
    let nextPageToken;
    do {
      const page = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({
        jql: `project = SHOP AND labels = "${property}"`, nextPageToken, maxResults: 5000, fields: ["id"], properties: [property],
      });
      ids.push(...page.issues.map((found) => found.id));
      nextPageToken = page.nextPageToken;
    } while (nextPageToken);
    const reads = [];
    for (let start = 0; start < ids.length; start += 100) reads.push(ids.slice(start, start + 100));
    await inFours(reads, (issueIdsOrKeys) => jira.issues.bulkFetchIssues({ issueIdsOrKeys, fields: ["summary"] }));
  };
}

function withProgram(program, more) {
  return (property, token) => new Promise((done, failed) => {
    const env = {
      ...process.env, ...more, COMPARE_PROPERTY: property, COMPARE_COUNT: String(COUNT), JIRA_SANDBOX_URL: BASE,
      JIRA_CLOUD_ID: CLOUD_ID, JIRA_ACCESS_TOKEN: token,
    };
    const child = spawn(program, [], { env, stdio: "inherit" });
    child.on("error", failed);
    child.on("exit", (code) => (code === 0 ? done() : failed(new Error(`${program} ended with ${code}`))));
  });
}

const client = built("--manifest-path", "../../../../Cargo.toml", "-p", "acceptance", "--example", "compare_client");
if (!client) throw new Error("compare_client does not build");
const runners = [];
const gouqi = built("--manifest-path", "gouqi/Cargo.toml");
if (gouqi) {
  runners.push({ name: "gouqi, create again", work: withProgram(gouqi, { COMPARE_CALLER: "again" }) });
  runners.push({ name: "gouqi, look first", work: withProgram(gouqi, { COMPARE_CALLER: "looks" }) });
} else {
  console.log("left out: gouqi, which cargo cannot build: cargo fetch --manifest-path gouqi/Cargo.toml");
}
const jiraJs = await import("jira.js").catch(() => null);
if (jiraJs) {
  runners.push({ name: "jira.js", work: withJiraJs(jiraJs) });
} else {
  console.log("left out: jira.js, which is not installed: npm install");
}
if (runners.length === 0) {
  console.log("skipped: neither gouqi nor jira.js is there to compare with");
  process.exit(0);
}
runners.push({ name: "jira-client", work: withProgram(client, {}) });

for (const losing of [false, true]) {
  console.log(losing ? "Every fourth bulk create is carried out, but its answer is lost:" : "Nothing is lost:");
  const rows = [];
  for (const runner of runners) rows.push(await measured(runner, losing));
  console.table(rows);
  const { missing, duplicates } = rows.at(-1);
  if (missing || duplicates) throw new Error(`jira-client: ${missing} missing, ${duplicates} duplicates`);
}
