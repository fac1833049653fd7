"""Creates, bulk creates, searches, edits and reads with pycontribs `jira`."""

import os
import sys

try:
    from jira import JIRA, JIRAError
except ImportError:
    print("skipped: pycontribs `jira` is not installed: pip install -r requirements.txt")
    sys.exit(0)

URL = os.environ["JIRA_SANDBOX_URL"].rstrip("/") + "/sites/acme"
LOGIN = ("sandbox-user@example.invalid", "sandbox-api-token")


def expect(what, found, wanted):
    """Ends the script where something is not as it should be."""
    if found != wanted:
        sys.exit(f"{what}: {found!r} instead of {wanted!r}")


def refused(what, status, call):
    """Checks that a call is refused, and gives the text."""
    try:
        call()
    except JIRAError as error:
        expect(f"status of {what}", error.status_code, status)
        return error.text or ""
    sys.exit(f"{what} was not refused")


def fields(summary, **more):
    return {"project": {"key": "SHOP"}, "issuetype": {"name": "Task"}, "summary": summary, **more}


jira = JIRA(server=URL, basic_auth=LOGIN, max_retries=0)
expect("deployment", jira.server_info()["deploymentType"], "Cloud")
expect("my address", jira.myself()["emailAddress"], LOGIN[0])
expect("projects", "TEAM" in [project.key for project in jira.projects()], True)
expect("fields", "summary" in [field["id"] for field in jira.fields()], True)

one = jira.create_issue(fields=fields("One", description="First line\n\nSecond", labels=["py"]))
expect("summary", one.fields.summary, "One")
expect("description", one.fields.description, "First line\n\nSecond")
expect("status", one.fields.status.name, "To Do")

made = jira.create_issues([fields(f"Bulk {n}", labels=["py"]) for n in range(49)] + [fields("")])
expect("statuses of a bulk", [entry["status"] for entry in made], ["Success"] * 49 + ["Error"])
expect("error of a bulk", "summary" in str(made[49]["error"]), True)

jql = f"project = SHOP AND labels = py AND key >= {one.key} ORDER BY key ASC"
found = jira.enhanced_search_issues(jql, maxResults=0)
expect("issues found", len(found), 50)
expect("first found", (found[0].key, found[0].fields.summary), (one.key, "One"))
expect("some found", len(jira.enhanced_search_issues(jql, maxResults=7)), 7)
expect("count", jira.approximate_issue_count(jql), 50)

one.update(fields={"summary": "Renamed"}, update={"labels": [{"add": "new"}]})
one = jira.issue(one.key)
expect("after an edit", (one.fields.summary, sorted(one.fields.labels)), ("Renamed", ["new", "py"]))
ways = {way["to"]["name"]: way["id"] for way in jira.transitions(one)}
jira.transition_issue(one, ways["Done"])
expect("after a move", jira.issue(one.id).fields.status.name, "Done")

refused("an unknown issue", 404, lambda: jira.issue("SHOP-99999"))
text = refused("an unbounded search", 400, lambda: jira.enhanced_search_issues("ORDER BY key"))
expect("text of the refusal", "Unbounded" in text, True)
stranger = JIRA(server=URL, basic_auth=(LOGIN[0], "wrong"), max_retries=0)
refused("a wrong token", 401, stranger.myself)
print(f"pycontribs jira: created 50 issues, found, edited and moved them on {URL}")
