"use strict";
(() => {
  const find = (id) => document.getElementById(id);
  const shown = { board: null, boardHtml: "", tab: "journal", paused: false, projects: "", faults: "" };

  const call = async (method, path, body) => {
    const options = { method, headers: {} };
    if (body !== undefined) {
      options.headers["Content-Type"] = "application/json";
      options.body = JSON.stringify(body);
    }
    const answer = await fetch(path, options);
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? null : answer.json();
  };
  const read = (path) => call("GET", path);
  const tell = (text) => { find("told").textContent = text; };
  const element = (name, attributes, ...children) => {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes ?? {})) made.setAttribute(key, value);
    made.append(...children);
    return made;
  };
  // A path may be broken behind its slashes.
  const pathCell = (text) => element("td", { class: "path" },
    ...text.split(/(?<=\/)/).flatMap((part) => [part, element("wbr")]));
  const number = (value) => value.toLocaleString("en");

  // Faults as a person chooses them.
  const ENDPOINTS = [
    ["bulk_create", "Bulk create"], ["create_issue", "Create an issue"], ["search", "Search"],
    ["bulk_fetch", "Bulk fetch"], ["get_issue", "Read an issue"], ["edit_issue", "Edit an issue"],
    ["transition", "Move an issue"], ["project_search", "List projects"],
    ["create_meta_types", "Issue types"], ["create_meta_fields", "Fields of a type"],
    ["myself", "Who am I"], ["token", "Token endpoint"], ["", "Every Jira request"],
  ];
  const refusal = (message) => ({ errorMessages: [message], errors: {} });
  const answer = (status, body) => ({ kind: "answer", status, headers: [], body });
  const KINDS = [
    ["Do the work, lose the answer", { kind: "drop_after" }],
    ["Lose the request", { kind: "drop_before" }],
    ["Answer after 5 seconds", { kind: "delay_after", ms: 5000 }],
    ["Act after 5 seconds", { kind: "delay_before", ms: 5000 }],
    ["429: too many requests (burst, 5 s)", { kind: "rate_limited", reason: "burst", retry_after_seconds: 5 }],
    ["429: hourly quota used up (60 s)", { kind: "rate_limited", reason: "global_quota", retry_after_seconds: 60 }],
    ["401: unauthorized", answer(401, { code: 401, message: "Unauthorized" })],
    ["403: not installed", answer(403, { code: 403, message: "The app is not installed on this instance" })],
    ["500: internal error", answer(500, refusal("Internal server error"))],
    ["503: unavailable", answer(503, refusal("Service unavailable"))],
    ["502: an HTML page", { kind: "html", status: 502 }],
    ["200: an HTML page, work done", { kind: "html", status: 200, acting: true }],
    ["Half of the answer, work done", { kind: "truncated" }],
    ["An empty answer, work done", { kind: "empty" }],
    ["Fail the first issue of a bulk create", { kind: "fail_elements", elements: [0], status: 500 }],
    ["Bulk answer in another order", { kind: "shuffled" }],
  ];
  const WHENS = [
    ["The next request", { times: 1 }], ["The next 3 requests", { times: 3 }],
    ["Every second request", { every: 2 }], ["20 % of the requests", { percent: { percent: 20, seed: 7 } }],
    ["Always", "always"],
  ];
  const same = (a, b) => JSON.stringify(a) === JSON.stringify(b);
  const fill = (select, labels) => labels.forEach((label, at) => select.append(element("option", { value: at }, label)));
  const nameOf = (list, value) => list.find((entry) => same(entry[1], value))?.[0];

  const describeFault = (fault) => {
    const where = ENDPOINTS.find((entry) => entry[0] === (fault.endpoint ?? ""))?.[1] ?? fault.endpoint;
    const effect = Object.fromEntries(Object.entries(fault.effect).filter(([, value]) => value !== false));
    const known = KINDS.find(([, kind]) => Object.entries(kind).every(([key, value]) => same(effect[key], value)));
    const what = known?.[0] ?? [effect.kind.replaceAll("_", " "), effect.status].filter(Boolean).join(" ");
    const when = nameOf(WHENS, fault.when) ?? JSON.stringify(fault.when);
    return `${where}: ${what} (${when.toLowerCase()}${fault.project ? `, ${fault.project}` : ""})`;
  };

  const refreshFaults = async () => {
    const { faults } = await read("/sandbox/faults");
    if (same(faults, shown.faults)) return;
    shown.faults = faults;
    find("calm").hidden = faults.length > 0;
    find("active").replaceChildren(...faults.map((fault, at) => {
      const text = describeFault(fault);
      const off = element("button", { type: "button", "aria-label": `Switch off: ${text}` }, "Off");
      off.onclick = async () => { await call("DELETE", `/sandbox/faults/${at}`); tell("Switched off."); await refreshFaults(); find("fault-kind").focus(); };
      return element("li", {}, element("span", {}, text), off);
    }));
  };

  const refreshSwitches = async () => {
    const [settings, chaos] = await Promise.all([read("/sandbox/settings"), read("/sandbox/chaos")]);
    const set = (input, value) => { if (document.activeElement !== input) input.value = value; };
    set(find("search-lag"), settings.search_lag_ms / 1000);
    set(find("latency"), settings.latency_ms);
    find("chaos").setAttribute("aria-pressed", String(chaos.chaos.rules.length > 0));
  };

  const refreshProjects = async () => {
    const overview = await read("/sandbox/overview");
    const at = new Date(overview.now);
    find("now").textContent = `${at.toISOString().slice(0, 10)} ${at.toISOString().slice(11, 19)} UTC`;
    if (!shown.board) shown.board = overview.sites.flatMap((site) => site.projects)[0]?.board ?? null;
    const text = JSON.stringify([overview.sites, shown.board]);
    if (text === shown.projects) return;
    shown.projects = text;
    const focused = document.activeElement?.dataset?.board;
    find("projects").replaceChildren(...overview.sites.flatMap((site) => [
      element("h3", {}, site.name),
      element("ul", {}, ...site.projects.map((project) => {
        const button = element("button", { type: "button", "data-board": project.board, "aria-pressed": String(project.board === shown.board), title: `${project.name} (${project.style})` },
          element("strong", {}, project.key), element("span", { class: "name" }, project.name), element("span", { class: "number" }, number(project.issues)));
        button.onclick = () => { shown.board = project.board; refresh(); };
        return element("li", {}, button);
      })),
    ]));
    if (focused) document.querySelector(`[data-board="${focused}"]`)?.focus();
  };

  // Replaces the board only when it has changed, and leaves the focus where it was.
  const refreshBoard = async (fresh) => {
    if (!shown.board || window.boardIsDragged()) return;
    const answer = await fetch(`${shown.board}?fragment=true`);
    const html = answer.ok ? await answer.text() : "<p>The project is gone.</p>";
    if (html !== shown.boardHtml) {
      const focused = document.activeElement?.dataset?.focus;
      const tops = [...document.querySelectorAll("#board .columns > section")].map((it) => it.scrollTop);
      shown.boardHtml = html;
      find("board").innerHTML = html;
      document.querySelectorAll("#board .columns > section").forEach((it, at) => { it.scrollTop = tops[at] ?? 0; });
      find("board-title").textContent = find("board").firstElementChild?.dataset?.title ?? "Board";
      if (focused) document.querySelector(`[data-focus="${CSS.escape(focused)}"]`)?.focus();
    }
    const moved = fresh && document.querySelector(`.card[data-issue="${CSS.escape(fresh)}"]`);
    if (moved) {
      moved.classList.add("fresh");
      if (!document.activeElement?.dataset?.focus) moved.querySelector("button")?.focus();
    }
  };
  window.refreshBoard = refreshBoard;

  const refreshJournal = async () => {
    const { entries } = await read("/sandbox/journal?limit=100");
    find("entries").replaceChildren(...entries.reverse().map((entry) => {
      const status = entry.status ?? "no answer";
      const mood = entry.status === null ? "none" : entry.status < 400 ? "ok" : "bad";
      const cell = (text, kind) => element("td", kind ? { class: kind } : {}, String(text));
      return element("tr", entry.fault ? { class: "struck" } : {},
        cell(entry.sequence + 1, "number"), cell(entry.at.slice(11, 19)),
        pathCell(`${entry.method} ${entry.path.replace(/^\/ex\/jira\/[^/]+/, "")}`),
        element("td", {}, element("span", { class: `status ${mood}` }, String(status))),
        cell(entry.quota_points, "number"), cell(number(entry.bytes_in), "number"), cell(number(entry.bytes_out), "number"),
        cell((entry.duration_us / 1000).toFixed(1), "number"), cell((entry.fault ?? "").replaceAll("_", " "), "fault"));
    }));
  };

  const sums = (total) => element("div", { class: "sums" }, ...[
    ["requests", total.requests], ["quota points", total.quota_points], ["issues created", total.created_issues],
    ["bytes in", total.bytes_in], ["bytes out", total.bytes_out], ["without answer", total.unanswered],
  ].map(([name, value]) => element("div", {}, element("strong", {}, number(value)), name)));

  const refreshCharges = async () => {
    const report = await read("/sandbox/charges");
    const head = ["Endpoint", "Requests", "Points", "Issues", "Bytes in", "Bytes out", "No answer", "Mean ms"];
    const tables = report.apps.filter((app) => app.app).map((app) => {
      const rows = app.endpoints.map((row) => element("tr", {},
        pathCell(`${row.endpoint.replaceAll("_", " ")} ${row.template}`),
        ...[row.requests, row.quota_points, row.created_issues, row.bytes_in, row.bytes_out, row.unanswered].map((value) => element("td", { class: "number" }, number(value))),
        element("td", { class: "number" }, (row.duration_us / row.requests / 1000).toFixed(1))));
      return [element("h3", {}, app.app === "api-token" ? "API tokens: exempt from the quota" : `App ${app.app}: ${number(app.total.quota_points)} points so far; Atlassian grants 65,000 an hour`), sums(app.total),
        element("div", { class: "scroll-table" }, element("table", {}, element("thead", {}, element("tr", {}, ...head.map((name, at) => element("th", at ? { class: "number" } : {}, name)))), element("tbody", {}, ...rows)))];
    });
    find("charges").replaceChildren(...(tables.length ? tables.flat() : [element("p", {}, "Nothing has been asked yet.")]));
  };

  const refreshDuplicates = async () => {
    const report = await read("/sandbox/duplicates");
    const good = report.duplicates.length === 0;
    const verdict = good ? `No duplicates: ${number(report.once)} marks, each on exactly one issue.` : `${number(report.repeated)} of ${number(report.once + report.repeated)} marks are on more than one issue.`;
    const rows = report.duplicates.map((found) => element("tr", {}, element("td", { class: "path" }, found.mark), element("td", {}, found.issues.map((issue) => issue.key).join(", "))));
    find("duplicates").replaceChildren(
      element("p", { class: `verdict ${good ? "good" : "bad"}` }, verdict),
      element("p", {}, `Marks are read from “${report.field}” of the entity property “${report.property}”; ${number(report.unmarked)} issues carry none.`),
      ...(good ? [] : [element("table", {}, element("thead", {}, element("tr", {}, element("th", {}, "Mark"), element("th", {}, "Issues"))), element("tbody", {}, ...rows))]));
  };

  const TABS = { journal: refreshJournal, charges: refreshCharges, duplicates: refreshDuplicates };
  const refresh = async () => {
    try {
      await Promise.all([refreshProjects(), refreshFaults(), refreshSwitches(), shown.paused ? null : TABS[shown.tab]()]);
      await refreshBoard();
      find("lost").hidden = true;
    } catch {
      find("lost").hidden = false;
    }
  };

  fill(find("fault-endpoint"), ENDPOINTS.map((entry) => entry[1]));
  fill(find("fault-kind"), KINDS.map((entry) => entry[0]));
  fill(find("fault-when"), WHENS.map((entry) => entry[0]));
  const act = (id, event, work, said) => find(id).addEventListener(event, async (happened) => {
    happened.preventDefault();
    try { await work(happened); tell(said); } catch (error) { tell(error.message); }
    await refresh();
  });
  act("fault-form", "submit", () => {
    const effect = KINDS[find("fault-kind").value][1];
    // Elements are those of a bulk create, whatever is chosen.
    const ofElements = ["fail_elements", "shuffled"].includes(effect.kind);
    const endpoint = ofElements ? "bulk_create" : ENDPOINTS[find("fault-endpoint").value][0];
    const fault = { effect, when: WHENS[find("fault-when").value][1] };
    return call("POST", "/sandbox/faults", endpoint ? { ...fault, endpoint } : fault);
  }, "The fault is switched on.");
  act("reset", "click", async () => {
    await Promise.all([call("DELETE", "/sandbox/faults"), call("DELETE", "/sandbox/chaos"),
      call("POST", "/sandbox/settings", { search_lag_ms: 0, search_lag_most_ms: null, latency_ms: 0, latency_per_issue_ms: 0 })]);
  }, "Everything is switched off.");
  act("chaos", "click", () => find("chaos").getAttribute("aria-pressed") === "true" ? call("DELETE", "/sandbox/chaos")
    : call("POST", "/sandbox/chaos", { seed: 7, rules: [{ endpoints: ["jira"], probability: { drop_after: Number(find("chaos-share").value) } }] }), "Random faults changed.");
  act("delay-form", "submit", () => call("POST", "/sandbox/settings", { search_lag_ms: Math.round(find("search-lag").value * 1000), latency_ms: Math.round(find("latency").value) }), "The delays are set.");
  act("expire", "click", () => call("POST", "/sandbox/tokens/expire"), "Every access token has expired.");
  act("revoke", "click", () => call("POST", "/sandbox/tokens/revoke"), "Every grant is revoked.");
  act("pause", "click", () => { shown.paused = !shown.paused; find("pause").setAttribute("aria-pressed", String(shown.paused)); }, "");
  document.querySelectorAll("[data-forward]").forEach((button) => button.addEventListener("click", async () => {
    await call("POST", "/sandbox/clock", { advance_seconds: Number(button.dataset.forward) });
    tell(`The clock went forward by ${button.textContent}.`);
    await refresh();
  }));
  document.querySelectorAll("[data-tab]").forEach((button) => button.addEventListener("click", async () => {
    shown.tab = button.dataset.tab;
    document.querySelectorAll("[data-tab]").forEach((it) => it.setAttribute("aria-pressed", String(it === button)));
    Object.keys(TABS).forEach((tab) => { find(tab).hidden = tab !== shown.tab; });
    await refresh();
  }));

  const loop = async () => { if (!document.hidden) await refresh(); setTimeout(loop, 1000); };
  loop();
})();
