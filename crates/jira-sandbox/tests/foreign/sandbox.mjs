// The sandbox as these scripts reach it.

export const BASE = process.env.JIRA_SANDBOX_URL?.replace(/\/$/, "") ?? "http://127.0.0.1:8090";
export const CLOUD_ID = "5a0db0c0-0000-4000-8000-0000000000ac";
const CALLBACK = "http://localhost:9999/callback";
const SCOPES = "read:jira-work write:jira-work read:jira-user offline_access";

/** Loads jira.js, or ends the script as skipped where it is not installed. */
export async function loadJiraJs() {
  try {
    return await import("jira.js");
  } catch (error) {
    if (error.code !== "ERR_MODULE_NOT_FOUND") throw error;
    console.log("skipped: jira.js is not installed: npm install");
    process.exit(0);
  }
}

/** Consents as the first account and gives an access token. */
export async function bearer() {
  const asked = { client_id: "sandbox-client", redirect_uri: CALLBACK, response_type: "code", audience: "api.atlassian.com", state: "foreign", scope: SCOPES };
  const consent = await fetch(`${BASE}/authorize/decision`, {
    method: "POST",
    body: new URLSearchParams({ ...asked, site: CLOUD_ID, decision: "accept" }),
    redirect: "manual",
  });
  const code = new URL(consent.headers.get("location")).searchParams.get("code");
  const answer = await control("POST", "/oauth/token", {
    grant_type: "authorization_code", client_id: "sandbox-client", client_secret: "sandbox-client-value", code, redirect_uri: CALLBACK,
  });
  return answer.access_token;
}

/** Calls the sandbox itself. */
export async function control(method, path, body) {
  const answer = await fetch(BASE + path, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? null : answer.json();
}
