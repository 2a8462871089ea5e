/* Rows of sub-tables: add, copy, remove with undo, paste from a spreadsheet, Enter goes down. */
(function (root) {
  "use strict";

  const entry = root.XqtEntry;
  if (!entry) {
    return;
  }
  const form = entry.form;
  const all = entry.all;

  function randomId() {
    const bytes = root.crypto.getRandomValues(new Uint8Array(8));
    return Array.from(bytes, (byte) => ("0" + byte.toString(16)).slice(-2)).join("");
  }

  const marker = (row) => row.querySelector("[name$='-_row']");

  function indexOf(row) {
    const parts = marker(row).name.split("-");
    return Number(parts[parts.length - 2]);
  }

  function renumber(table) {
    const rows = all("[data-row]", table);
    rows.forEach((row, index) => {
      all("[data-row-number]", row).forEach((number) => {
        number.textContent = index + 1;
      });
    });
    const most = Number(table.getAttribute("data-max"));
    const full = most > 0 && rows.length >= most;
    all("[data-add-row], [data-copy-row]", table).forEach((button) => {
      button.disabled = full;
    });
  }

  function blankRow(table) {
    const rows = all("[data-row]", table);
    const next = rows.length ? Math.max.apply(null, rows.map(indexOf)) + 1 : 0;
    const holder = document.createElement("tbody");
    holder.innerHTML = table.querySelector("template[data-blank]").innerHTML.replace(/__i__/g, String(next));
    const row = holder.querySelector("[data-row]");
    marker(row).value = randomId();
    return row;
  }

  function insert(table, row, after) {
    const body = table.querySelector("[data-rows]");
    body.insertBefore(row, after ? after.nextSibling : null);
    renumber(table);
    entry.emit("row", row);
    entry.changed();
  }

  function add(table) {
    const row = blankRow(table);
    insert(table, row, null);
    announce(entry.say(entry.texts.row_added, { row: all("[data-row]", table).length }));
    focusFirst(row);
    return row;
  }

  /* Where the rows are fixed there is none below the last. */
  const more = (table) => (table.hasAttribute("data-fixed") ? null : add(table));

  function focusFirst(row) {
    const control = row.querySelector("[data-cell] input:not([type=hidden]), [data-cell] select, [data-cell] textarea");
    if (control) {
      (control.tomselect ? control.tomselect.control_input : control).focus();
    }
  }

  function keyOf(control, row) {
    return control.name.slice(marker(row).name.length - 4);
  }

  function copy(table, source) {
    const row = blankRow(table);
    all("[name]", source).forEach((from) => {
      const key = keyOf(from, source);
      if (key === "_row" || from.type === "hidden" || from.type === "file") {
        return;
      }
      all("[name]", row).filter((to) => keyOf(to, row) === key && to.type === from.type).forEach((to) => {
        if (to.type === "checkbox" || to.type === "radio") {
          to.checked = to.value === from.value ? from.checked : to.checked;
        } else if (to.options) {
          Array.from(from.selectedOptions).forEach((option) => choose(to, option));
        } else {
          to.value = from.hasAttribute("data-mask") ? "" : from.value;
        }
      });
    });
    insert(table, row, source);
    focusFirst(row);
  }

  function choose(select, option) {
    const same = Array.from(select.options).filter((candidate) => candidate.value === option.value)[0];
    if (same) {
      same.selected = true;
    } else {
      select.add(new Option(option.textContent, option.value, true, true));
    }
  }

  function remove(table, row) {
    const number = all("[data-row]", table).indexOf(row) + 1;
    const next = row.nextSibling;
    const focus = row.nextElementSibling || row.previousElementSibling;
    row.parentNode.removeChild(row);
    renumber(table);
    entry.changed();
    announce(entry.say(entry.texts.row_removed, { row: number }), () => {
      const body = table.querySelector("[data-rows]");
      body.insertBefore(row, next && next.parentNode === body ? next : null);
      renumber(table);
      entry.changed();
      focusFirst(row);
    });
    const button = focus ? focus.querySelector("[data-remove-row]") : table.querySelector("[data-add-row]");
    if (button) {
      button.focus();
    }
  }

  /* One place says what happened; after a removal it offers to undo it. */
  const notice = document.createElement("div");
  notice.className = "entry-notice";
  notice.setAttribute("role", "status");
  form.appendChild(notice);
  let fading = 0;

  function announce(text, undo) {
    root.clearTimeout(fading);
    notice.textContent = text;
    if (undo) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "btn btn-sm btn-link";
      button.textContent = entry.texts.undo;
      button.addEventListener("click", () => {
        notice.textContent = "";
        undo();
      });
      notice.appendChild(button);
    }
    fading = root.setTimeout(() => {
      notice.textContent = "";
    }, 15000);
  }

  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-add-row], [data-copy-row], [data-remove-row]");
    if (!button) {
      return;
    }
    event.preventDefault();
    const table = button.closest("[data-table]");
    const row = button.closest("[data-row]");
    if (button.hasAttribute("data-add-row")) {
      add(table);
    } else if (button.hasAttribute("data-copy-row")) {
      copy(table, row);
    } else {
      remove(table, row);
    }
  });

  const cells = (row) => all("[data-cell] [name]", row).filter((control) =>
    control.type !== "hidden" && control.type !== "radio" && control.type !== "checkbox" && control.type !== "file");

  form.addEventListener("keydown", (event) => {
    const row = event.target.closest("[data-row]");
    if (event.key !== "Enter" || event.isComposing || !row || !event.target.matches("input.form-control")) {
      return;
    }
    event.preventDefault();
    const key = keyOf(event.target, row);
    const below = row.nextElementSibling || more(row.closest("[data-table]"));
    const control = below && cells(below).filter((candidate) => keyOf(candidate, below) === key)[0];
    if (control) {
      control.focus();
    }
  });

  function put(control, text) {
    if (!control.options) {
      control.value = text;
      return;
    }
    const found = Array.from(control.options).filter((option) =>
      option.value === text || option.textContent.trim() === text)[0];
    if (found) {
      if (control.tomselect) {
        control.tomselect.setValue(found.value, true);
      } else {
        control.value = found.value;
      }
    }
  }

  form.addEventListener("paste", (event) => {
    const row = event.target.closest("[data-row]");
    const text = event.clipboardData ? event.clipboardData.getData("text/plain") : "";
    const lines = text.replace(/\r/g, "").replace(/\n+$/, "").split("\n");
    if (!row || event.target.matches("textarea") || (lines.length < 2 && text.indexOf("\t") < 0)) {
      return;
    }
    event.preventDefault();
    const table = row.closest("[data-table]");
    const column = cells(row).indexOf(event.target);
    const most = Number(table.getAttribute("data-max")) || Infinity;
    let current = row;
    lines.forEach((line, number) => {
      if (!current || (number && !current.nextElementSibling && all("[data-row]", table).length >= most)) {
        return;
      }
      current = number ? current.nextElementSibling || more(table) : row;
      if (!current) {
        return;
      }
      line.split("\t").forEach((value, offset) => {
        const control = cells(current)[column + offset];
        if (control) {
          put(control, value.trim());
        }
      });
    });
    entry.changed();
  });

  all("[data-table]").forEach((table) => {
    all("[data-row]", table).forEach((row) => {
      if (marker(row) && !marker(row).value) {
        marker(row).value = randomId();
      }
    });
    renumber(table);
  });
})(window);
