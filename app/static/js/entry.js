/* The entry page while somebody types: what is shown and required, computed values, totals, rows, progress.
 *
 * Works on the form's own inputs; without this script the page is the same and the server does all of it on saving.
 * entry_widgets.js adds searching and uploads, entry_save.js saves drafts; both talk through window.XqtEntry.
 */
(function (root) {
  "use strict";

  const form = document.querySelector("[data-entry]");
  if (!form || !root.XqtRules) {
    return;
  }
  const rules = root.XqtRules;
  const client = JSON.parse(form.getAttribute("data-entry"));
  const texts = client.texts;
  const listeners = { change: [], row: [] };

  const all = (selector, within) => Array.from((within || form).querySelectorAll(selector));

  function say(template, values) {
    return template.replace(/\{(\w+)\}/g, (whole, key) => String(values[key]));
  }

  function emit(kind, detail) {
    listeners[kind].forEach((listener) => listener(detail));
  }

  /* ---- reading answers ---- */

  const NUMERIC = ["integer", "decimal", "money", "percent", "rating"];

  function typed(text, type) {
    if (NUMERIC.indexOf(type) < 0) {
      return text.trim();
    }
    return text.normalize("NFKC").replace(/[\s,]/g, "");
  }

  function codeOf(input) {
    const list = document.getElementById(input.getAttribute("list"));
    const options = list ? list.options : [];
    for (let index = 0; index < options.length; index += 1) {
      if (options[index].value === input.value) {
        return options[index].getAttribute("data-code");
      }
    }
    return input.value.trim();
  }

  /* The parts of one answer, by key; those that are empty or still masked are not there. */
  function partsOf(holder, name) {
    const found = {};
    all("[name]", holder).forEach((input) => {
      if (input.name.indexOf(name + ".") || (input.type === "radio" && !input.checked)) {
        return;
      }
      const value = input.hasAttribute("data-code-list") ? codeOf(input) : input.value.trim();
      if (value && value !== input.getAttribute("data-mask")) {
        found[input.name.slice(name.length + 1)] = value;
      }
    });
    return Object.keys(found).length ? found : null;
  }

  /* The value of one field inside *holder*, whose inputs are called *name*. */
  function valueOf(holder, name, type) {
    if (holder.querySelector("[data-parts]")) {
      return partsOf(holder, name);
    }
    const inputs = all("[name]", holder).filter((input) => input.name === name);
    const control = inputs[inputs.length - 1];
    if (!control) {
      const fixed = holder.querySelector("[data-value]");
      return fixed ? JSON.parse(fixed.getAttribute("data-value")) : null;
    }
    if (control.hasAttribute("data-mask") && control.value === control.getAttribute("data-mask")) {
      return null;
    }
    const checks = inputs.filter((input) => input.type === "checkbox" || input.type === "radio");
    if (checks.length) {
      const chosen = checks.filter((input) => input.checked && input.value).map((input) => input.value);
      return type === "bool" ? (chosen.length ? chosen[0] === "true" : null) : chosen;
    }
    if (type === "file" || type === "image") {
      return [];
    }
    if (control.multiple) {
      return Array.from(control.selectedOptions).map((option) => option.value);
    }
    if (type === "reference") {
      const option = control.selectedOptions && control.selectedOptions[0];
      return control.value ? { id: control.value, label: option ? option.textContent.trim() : "" } : null;
    }
    return control.hasAttribute("data-code-list") ? codeOf(control) : typed(control.value, type);
  }

  const holders = (within) => all("[data-field]", within);

  function answersOf() {
    const answers = {};
    all("[data-table]").forEach((table) => {
      answers[table.getAttribute("data-table")] = all("[data-row]", table).map((row) => {
        const cells = {};
        holders(row).forEach((holder) => {
          const path = holder.getAttribute("data-field");
          const key = path.slice(path.indexOf(".") + 1);
          cells[key] = valueOf(holder, cellName(row, key), client.types[path]);
        });
        return cells;
      });
    });
    holders(form).forEach((holder) => {
      const path = holder.getAttribute("data-field");
      if (path.indexOf(".") < 0 && !has(answers, path)) {
        answers[path] = valueOf(holder, "f-" + path, client.types[path]);
      }
    });
    return answers;
  }

  function has(object, key) {
    return Object.prototype.hasOwnProperty.call(object, key);
  }

  /* Rows carry their index in the name of their hidden id. */
  function cellName(row, key) {
    const marker = row.querySelector("[name$='-_row']");
    return marker ? marker.name.slice(0, -4) + key : "";
  }

  /* ---- applying rules ---- */

  /* Of a record chosen after the page was made nothing is known here: its rules wait for the server. */
  class UnknownError extends Error {}

  function reference(path, id, name) {
    const key = [path, id, name].join("|");
    if (!has(client.references, key)) {
      throw new UnknownError(key);
    }
    return client.references[key];
  }

  function environment(answers, row, table) {
    return {
      answers: answers, row: row || null, table: table || "", types: client.types, today: client.today,
      variables: client.variables, reference: reference, budget: 200000,
    };
  }

  function unlessUnknown(action) {
    try {
      action();
    } catch (error) {
      if (!(error instanceof UnknownError)) {
        throw error;
      }
    }
  }

  function each(rule, answers, apply) {
    const dot = rule.path.indexOf(".");
    if (dot < 0) {
      const holder = form.querySelector('[data-field="' + rule.path + '"]');
      if (holder) {
        unlessUnknown(() => apply(holder, environment(answers), answers, rule.path));
      }
      return;
    }
    const table = rule.path.slice(0, dot);
    const key = rule.path.slice(dot + 1);
    const element = form.querySelector('[data-table="' + table + '"]');
    if (!element) {
      return;
    }
    all("[data-row]", element).forEach((row, index) => {
      const holder = row.querySelector('[data-field="' + rule.path + '"]');
      if (holder) {
        const cells = (answers[table] || [])[index];
        if (cells) {
          unlessUnknown(() => apply(holder, environment(answers, cells, table), cells, key));
        }
      }
    });
  }

  const ofKind = (kind) => client.rules.filter((rule) => rule.kind === kind);

  function computed(rule, value) {
    const number = value !== null && typeof value === "object" && !Array.isArray(value);
    if (number && rule.text !== true) {
      return value.round(rule.places || 0, 1).toFixed(rule.places || 0);
    }
    const plain = rules.canonical(value);
    return plain === null ? "" : String(plain);
  }

  function grouped(text) {
    return /^-?\d+(\.\d+)?$/.test(text) ? text.replace(/^(-?)(\d+)/, (all_, sign, digits) =>
      sign + digits.replace(/\B(?=(\d{3})+$)/g, ",")) : text;
  }

  /* The server sends computed fields in the order in which they depend on each other. */
  function fillComputed(answers, shownOnly) {
    ofKind("compute").forEach((rule) => {
      each(rule, answers, (holder, env, target, key) => {
        if (shownOnly && isOff(holder)) {
          target[key] = null;
          return;
        }
        const text = computed(rule, rules.evaluate(rule.tree, env));
        target[key] = text || null;
        const output = holder.querySelector("[data-computed]");
        if (output) {
          output.textContent = grouped(text);
        }
      });
    });
    ofKind("total").forEach((rule) => {
      const output = form.querySelector('[data-total="' + rule.path + '"]');
      if (output) {
        output.textContent = grouped(String(rules.canonical(rules.evaluate(rule.tree, environment(answers))) || ""));
      }
    });
  }

  function toggle(element, off) {
    if (element && element.hidden !== off) {
      element.hidden = off;
    }
  }

  function showAndHide(answers) {
    const shown = {};
    Object.keys(client.sections).forEach((key) => {
      unlessUnknown(() => {
        shown[key] = rules.holds(client.sections[key], environment(answers));
      });
    });
    ofKind("visible").forEach((rule) => {
      each(rule, answers, (holder, env) => {
        const off = !rules.holds(rule.tree, env);
        toggle(holder, off);
        const cell = holder.closest("[data-cell]");
        if (cell) {
          cell.classList.toggle("entry-cell--off", off);
        }
      });
    });
    all("[data-section]").forEach((section) => {
      const key = section.getAttribute("data-section");
      if (has(shown, key)) {
        toggle(section, !shown[key]);
        toggle(form.querySelector('[data-nav="' + key + '"]'), !shown[key]);
      }
    });
  }

  function isOff(holder) {
    const section = holder.closest("[data-section]");
    return holder.hidden || Boolean(section && section.hidden);
  }

  /* What is hidden counts as empty wherever a rule reads it; a hidden table has no rows. */
  function withoutHidden(answers) {
    holders(form).filter(isOff).forEach((holder) => {
      const path = holder.getAttribute("data-field");
      const dot = path.indexOf(".");
      if (dot < 0) {
        answers[path] = null;
        return;
      }
      const row = holder.closest("[data-row]");
      const rows = answers[path.slice(0, dot)];
      const index = row ? all("[data-row]", row.closest("[data-table]")).indexOf(row) : -1;
      if (rows && rows[index]) {
        rows[index][path.slice(dot + 1)] = null;
      }
    });
    return answers;
  }

  const off = () => holders(form).map((holder) => (isOff(holder) ? "1" : "0")).join("");

  /* Along the chain of fields that show one another, as on the server: until nothing comes or goes any more. */
  function settled() {
    let answers = answersOf();
    fillComputed(answers, false);
    showAndHide(answers);
    let left = ofKind("visible").length + Object.keys(client.sections).length;
    for (let before = ""; left > 0 && before !== off(); left -= 1) {
      before = off();
      answers = withoutHidden(answersOf());
      fillComputed(answers, true);
      showAndHide(answers);
    }
    return answers;
  }

  function require(answers) {
    ofKind("required").forEach((rule) => {
      each(rule, answers, (holder, env) => {
        const needed = rules.holds(rule.tree, env);
        toggle(holder.querySelector("[data-required]"), !needed);
        const control = holder.querySelector("[id^='f-'][name]");
        if (control && control.type !== "hidden" && control.tagName !== "FIELDSET") {
          control.setAttribute("aria-required", needed ? "true" : "false");
        }
      });
    });
  }

  function filter(answers) {
    ofKind("filter").forEach((rule) => {
      each(rule, answers, (holder, env) => {
        all("option[value]", holder).forEach((option) => {
          if (option.value) {
            env.variables = Object.assign({}, client.variables, { code: option.value });
            const off = rules.evaluate(rule.tree, env) === false && !option.selected;
            option.hidden = off;
            option.disabled = off;
          }
        });
      });
    });
  }

  /* Checks speak only of fields that somebody has left; the server checks everything on submitting. */
  const touched = new WeakSet();

  function check(answers) {
    ofKind("check").forEach((rule, number) => {
      each(rule, answers, (holder, env) => {
        const messages = holder.querySelector("[data-messages]");
        const old = messages && messages.querySelector('[data-live="' + number + '"]');
        const wrong = touched.has(holder) && !holder.hidden && !rules.passes(rule.tree, env);
        if (messages && old && !wrong) {
          messages.removeChild(old);
        } else if (messages && wrong && !old) {
          const line = document.createElement("p");
          line.className = rule.level === "error" ? "entry-error" : "entry-warning";
          line.setAttribute("data-live", number);
          line.textContent = rule.message;
          messages.appendChild(line);
          describe(holder, messages.id);
        }
      });
    });
  }

  function describe(holder, id) {
    const control = holder.querySelector("[name][id]:not([type=hidden])");
    const known = control ? (control.getAttribute("aria-describedby") || "").split(" ").filter(Boolean) : [];
    if (control && known.indexOf(id) < 0) {
      control.setAttribute("aria-describedby", [id].concat(known).join(" "));
    }
  }

  /* ---- progress ---- */

  function isEmpty(value) {
    return value === null || value === undefined || value === "" || (Array.isArray(value) && !value.length);
  }

  function fieldState(holder, value) {
    const mark = holder.querySelector("[data-required]");
    const masked = holder.querySelector("[data-mask]");
    const reading = holder.querySelector(":scope > .entry-computed-line");
    return {
      wanted: Boolean(mark) && !mark.hidden && !reading && !holder.hidden,
      missing: isEmpty(value) && !(masked && masked.value),
    };
  }

  /* A sub-table counts as one: it is complete when no row lacks a required cell. */
  function tableState(holder, answers) {
    const key = holder.querySelector("[data-table]").getAttribute("data-table");
    const rows = all("[data-row]", holder);
    const cells = [];
    rows.forEach((row, index) => {
      holders(row).forEach((cell) => {
        const path = cell.getAttribute("data-field");
        cells.push(fieldState(cell, (answers[key][index] || {})[path.slice(path.indexOf(".") + 1)]));
      });
    });
    const least = Number(holder.querySelector("[data-table]").getAttribute("data-min")) || 0;
    return {
      wanted: least > 0 || cells.some((cell) => cell.wanted),
      missing: !rows.length || cells.some((cell) => cell.wanted && cell.missing),
    };
  }

  function progress(answers) {
    let wanted = 0;
    let left = 0;
    all("[data-section]").forEach((section) => {
      let missing = 0;
      holders(section).forEach((holder) => {
        const path = holder.getAttribute("data-field");
        if (path.indexOf(".") >= 0 || holder.hidden || section.hidden) {
          return;
        }
        const state = holder.querySelector(":scope > [data-table]") ? tableState(holder, answers) : fieldState(holder, answers[path]);
        wanted += state.wanted ? 1 : 0;
        missing += state.wanted && state.missing ? 1 : 0;
      });
      left += missing;
      count(section.getAttribute("data-section"), missing);
    });
    const bar = form.querySelector("[data-progress]");
    if (bar) {
      bar.max = wanted || 1;
      bar.value = wanted - left;
      form.querySelector("[data-progress-text]").textContent =
        say(left ? texts.progress : texts.complete, { filled: wanted - left, wanted: wanted, left: left });
    }
  }

  function count(section, missing) {
    const mark = form.querySelector('[data-nav="' + section + '"] [data-left]');
    if (mark && !mark.classList.contains("entry-nav-count--error") && mark.getAttribute("data-left") !== String(missing)) {
      mark.setAttribute("data-left", missing);
      mark.textContent = missing || "✓";
    }
  }

  function refresh() {
    const answers = settled();
    require(answers);
    filter(answers);
    check(answers);
    progress(answers);
  }

  let waiting = 0;

  function changed(detail) {
    root.clearTimeout(waiting);
    waiting = root.setTimeout(() => root.XqtPressing.after(refresh), 120);
    emit("change", detail || null);
  }

  form.addEventListener("input", changed);
  form.addEventListener("change", (event) => {
    const holder = event.target.closest("[data-field]");
    if (holder) {
      touched.add(holder);
    }
    changed(event);
  });

  /* ---- going to a field ---- */

  function focusOn(id) {
    const target = document.getElementById(id);
    if (!target) {
      return false;
    }
    const inner = target.matches("fieldset")
      ? target.querySelector("input:not([type=hidden]), select, textarea, button") : target;
    const control = (inner && inner.tomselect) ? inner.tomselect.control_input : inner || target;
    control.focus();
    target.scrollIntoView({ block: "center" });
    return true;
  }

  form.addEventListener("click", (event) => {
    const link = event.target.closest("a[href^='#f-']");
    if (link && focusOn(link.getAttribute("href").slice(1))) {
      event.preventDefault();
    }
  });

  root.XqtEntry = {
    form: form, client: client, texts: texts, all: all, say: say, changed: changed, refresh: refresh, describe: describe,
    cellName: cellName, focusOn: focusOn, emit: emit,
    on: (kind, listener) => listeners[kind].push(listener),
  };

  document.addEventListener("DOMContentLoaded", () => {
    const summary = form.querySelector("[data-focus]");
    if (summary) {
      summary.focus();
    }
    refresh();
  });
})(window);
