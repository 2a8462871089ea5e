/* A note is written beside what it is about: the pencil at an answer takes its field into the list of notes. */
(function () {
  "use strict";

  const form = document.querySelector("[data-review]");
  const list = form && form.querySelector("[data-notes]");
  if (!list) {
    return;
  }

  function placeOf(button) {
    const row = button.getAttribute("data-note-row");
    return button.getAttribute("data-note") + (row ? "@" + row : "");
  }

  function labelOf(button) {
    const row = button.closest("[data-row-label]");
    const cell = button.closest("td");
    const term = cell ? cell.getAttribute("data-label") : button.closest("div").querySelector("dt").textContent;
    return (row ? row.getAttribute("data-row-label") + " " : "") + term;
  }

  function choose(select, button) {
    const place = placeOf(button);
    const known = Array.prototype.some.call(select.options, function (option) { return option.value === place; });
    if (!known) {
      select.add(new Option(labelOf(button), place));
    }
    select.value = place;
  }

  /* The first row that says nothing yet, or one more. */
  function freeRow() {
    const rows = list.querySelectorAll("[data-note-input]");
    for (let index = 0; index < rows.length; index += 1) {
      if (!rows[index].querySelector("[name=note-text]").value.trim()) {
        return rows[index];
      }
    }
    const row = rows[0].cloneNode(true);
    row.querySelector("[name=note-text]").value = "";
    list.appendChild(row);
    return row;
  }

  Array.prototype.forEach.call(form.querySelectorAll("[data-note]"), function (button) {
    button.hidden = false;
    button.addEventListener("click", function () {
      const row = freeRow();
      choose(row.querySelector("select"), button);
      const input = row.querySelector("[name=note-text]");
      input.focus();
      input.scrollIntoView({ block: "center" });
    });
  });
  const hint = form.querySelector("[data-note-hint]");
  hint.hidden = !form.querySelector("[data-note]");
}());
