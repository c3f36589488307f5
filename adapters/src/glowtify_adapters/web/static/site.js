// What a page does better with a script; every form works without.
"use strict";

document.documentElement.classList.add("scripted");

// A button that copies the text of an element and says so; where it may not, the text is selected.
document.addEventListener("click", async ({ target }) => {
  const button = target.closest("[data-copy]");
  if (!button) return;
  const text = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(text.textContent);
    document.getElementById(`${text.id}-copied`).textContent = button.dataset.copied;
  } catch {
    getSelection().selectAllChildren(text);
  }
});

// A form whose server is gone says so.
document.addEventListener("htmx:error", ({ target }) => {
  target.querySelector?.("[data-unanswered]")?.removeAttribute("hidden");
});

// A menu closes when somebody looks elsewhere.
document.addEventListener("click", ({ target }) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) if (!menu.contains(target)) menu.open = false;
});
document.addEventListener("keydown", ({ key, target }) => {
  const menu = key === "Escape" && target.closest("details.menu[open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// Campaigns: dragging one to another day asks to move it there, at the same time of day.
for (const entry of document.querySelectorAll(".calendar .entry[data-move]")) entry.draggable = true;
document.addEventListener("dragstart", ({ target, dataTransfer }) => {
  const entry = target.closest?.(".entry[data-move]");
  if (!entry) return;
  dataTransfer.setData("text/x-glowtify-move", entry.dataset.move);
  dataTransfer.effectAllowed = "move";
  entry.classList.add("dragged");
});
document.addEventListener("dragend", () => {
  for (const entry of document.querySelectorAll(".entry.dragged")) entry.classList.remove("dragged");
  for (const day of document.querySelectorAll(".day.under")) day.classList.remove("under");
});
document.addEventListener("dragover", (event) => {
  const day = event.target.closest?.(".day");
  for (const other of document.querySelectorAll(".day.under")) if (other !== day) other.classList.remove("under");
  if (!day || !event.dataTransfer.types.includes("text/x-glowtify-move")) return;
  event.preventDefault();
  day.classList.add("under");
});
document.addEventListener("drop", (event) => {
  const day = event.target.closest?.(".day"), move = event.dataTransfer.getData("text/x-glowtify-move");
  if (!day || !move) return;
  event.preventDefault();
  if (!day.querySelector(".entry.dragged")) location.assign(`${move}&date=${day.dataset.date}`);
});

// A counter counts at once; what the server says of the text follows.
document.addEventListener("input", ({ target }) => {
  const counter = target.name && document.querySelector(`[data-count-of="${CSS.escape(target.name)}"]`);
  if (counter) counter.textContent = [...target.value.trim()].length;
});

// A search that narrows a table down: what is ticked stays in sight.
document.addEventListener("input", ({ target }) => {
  const rows = target.dataset.filters && document.getElementById(target.dataset.filters)?.rows;
  if (!rows) return;
  const wanted = target.value.trim().toLocaleLowerCase();
  let found = 0;
  for (const row of rows) {
    const name = row.querySelector("[data-name]").textContent.toLocaleLowerCase();
    row.hidden = !(name.includes(wanted) || row.querySelector("input:checked"));
    if (!row.hidden) found += 1;
  }
  const said = document.getElementById(`${target.dataset.filters}-count`);
  said.textContent = said.dataset.words.replace("{found}", found).replace("{all}", rows.length);
});

// A choice that needs a button where there is no script presses it.
document.addEventListener("change", ({ target }) => {
  if (target.dataset.press) document.getElementById(target.dataset.press).click();
});

// A field is marked as wrong while what is said about it is.
document.addEventListener("htmx:after:swap", () => {
  for (const said of document.querySelectorAll(".email .said")) {
    const wrong = said.querySelector(".wrong") !== null;
    for (const field of document.querySelectorAll(`[aria-describedby~="${said.id}"]`)) {
      if (wrong) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
    }
  }
});
