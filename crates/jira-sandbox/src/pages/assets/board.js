"use strict";
// Lets cards be dragged between columns; their buttons do the same for keyboard and click.
(() => {
  let dragged = null;
  const columnOf = (event) => event.target.closest?.(".columns > section");
  const clear = () => document.querySelectorAll(".over").forEach((it) => it.classList.remove("over"));

  const tell = (text) => {
    const told = document.getElementById("told");
    if (told) told.textContent = text;
  };

  // Moves an issue as the form of its card says, in place where the page can refresh itself.
  const move = async (form, status) => {
    const fields = new URLSearchParams(new FormData(form));
    fields.set("status", status);
    if (!window.refreshBoard) {
      const button = [...form.querySelectorAll("button")].find((it) => it.value === status);
      if (button) form.requestSubmit(button);
      return;
    }
    const answer = await fetch(form.getAttribute("action"), { method: "POST", body: fields, redirect: "manual" });
    const moved = answer.type === "opaqueredirect" || answer.ok;
    tell(moved ? `${fields.get("issue")} is now ${status}.` : `${fields.get("issue")} could not be moved.`);
    await window.refreshBoard(fields.get("issue"));
  };

  window.boardIsDragged = () => dragged !== null;
  document.addEventListener("dragstart", (event) => {
    dragged = event.target.closest?.(".card") ?? null;
    if (!dragged) return;
    dragged.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", dragged.dataset.issue);
  });
  document.addEventListener("dragover", (event) => {
    const column = columnOf(event);
    if (!dragged || !column) return;
    event.preventDefault();
    clear();
    column.classList.add("over");
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    clear();
  });
  document.addEventListener("drop", (event) => {
    const column = columnOf(event);
    if (!dragged || !column) return;
    event.preventDefault();
    const form = dragged.querySelector("form");
    const here = dragged.closest("section") === column;
    dragged.classList.remove("dragged");
    dragged = null;
    clear();
    if (!here) move(form, column.dataset.status);
  });
  document.addEventListener("submit", (event) => {
    if (!window.refreshBoard || !event.target.matches(".card form")) return;
    event.preventDefault();
    move(event.target, event.submitter.value);
  });
})();
