// Creates, bulk creates, searches, edits and reads with jira.js 6, which validates every answer.
import assert from "node:assert/strict";

import { bearer, BASE, CLOUD_ID, loadJiraJs } from "./sandbox.mjs";

const { createCloudClient } = await loadJiraJs();

// Answers that depart from the client's own schemas are errors here, not warnings.
const strict = { onSchemaMismatch: "throw" };
const basic = createCloudClient({
  ...strict,
  host: `${BASE}/sites/acme`,
  auth: { type: "basic", email: "sandbox-user@example.invalid", apiToken: "sandbox-api-token" },
});
const gateway = createCloudClient({
  ...strict,
  host: `${BASE}/ex/jira/${CLOUD_ID}`,
  auth: { type: "bearer", token: await bearer() },
});

const document = (text) => ({
  type: "doc", version: 1,
  content: [{ type: "paragraph", content: [{ type: "text", text }] }],
});
const fields = (summary, more) => ({
  project: { key: "SHOP" }, issuetype: { name: "Task" }, summary, labels: ["js"], ...more,
});

async function everything(jira) {
  const me = await jira.myself.getCurrentUser();
  assert.equal(me.displayName, "Sandbox User");
  assert.equal((await jira.serverInfo.getServerInfo()).deploymentType, "Cloud");
  const projects = await jira.projects.searchProjects({ keys: ["SHOP", "TEAM"] });
  assert.deepEqual(projects.values.map((project) => project.key), ["SHOP", "TEAM"]);

  const one = await jira.issues.createIssue({ fields: fields("One", { description: document("Why") }) });
  const bulk = await jira.issues.createIssues({
    issueUpdates: [...Array(49).keys()].map((n) => ({ fields: fields(`Bulk ${n}`) })).concat({ fields: fields("") }),
  });
  assert.equal(bulk.issues.length, 49);
  assert.equal(bulk.errors[0].failedElementNumber, 49);

  const read = await jira.issues.getIssue({ issueIdOrKey: one.key });
  assert.equal(read.fields.summary, "One");
  assert.equal(read.fields.description.content[0].content[0].text, "Why");
  const fetched = await jira.issues.bulkFetchIssues({
    issueIdsOrKeys: bulk.issues.map((issue) => issue.id), fields: ["summary"],
  });
  assert.equal(fetched.issues.length, 49);

  const jql = `project = SHOP AND key >= ${one.key} ORDER BY key ASC`;
  const found = [];
  let nextPageToken;
  do {
    const page = await jira.issueSearch.searchAndReconsileIssuesUsingJqlPost({ jql, nextPageToken, maxResults: 20, fields: ["summary"] });
    found.push(...page.issues);
    nextPageToken = page.nextPageToken;
  } while (nextPageToken);
  assert.equal(found.length, 50);
  assert.equal(found[0].fields.summary, "One");

  await jira.issues.editIssue({ issueIdOrKey: one.id, update: { labels: [{ add: "new" }] } });
  const { transitions } = await jira.issues.getTransitions({ issueIdOrKey: one.id });
  const done = transitions.find((transition) => transition.to.name === "Done");
  await jira.issues.doTransition({ issueIdOrKey: one.id, transition: { id: done.id } });
  const moved = await jira.issues.getIssue({ issueIdOrKey: one.id, fields: ["status", "labels"] });
  assert.equal(moved.fields.status.statusCategory.key, "done");
  assert.deepEqual(moved.fields.labels.sort(), ["js", "new"]);

  await assert.rejects(jira.issues.getIssue({ issueIdOrKey: "SHOP-99999" }), (error) => error.status === 404);
  await assert.rejects(jira.issues.createIssue({ fields: fields("") }), (error) => error.status === 400);
}

await everything(basic);
await everything(gateway);
console.log(`jira.js: created 100 issues, found, edited and moved them on ${BASE}`);
