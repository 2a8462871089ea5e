/* The little that every page enhances; all of it works without. */
(function () {
  "use strict";

  function each(selector, act) {
    Array.prototype.forEach.call(document.querySelectorAll(selector), act);
  }

  /* A panel closes on Escape and on a click elsewhere. */
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Escape") {
      return;
    }
    each("details[data-closing][open]", function (panel) {
      panel.removeAttribute("open");
      panel.querySelector("summary").focus();
    });
    if (location.hash === "#menu") {
      location.hash = "#main";
    }
  });
  document.addEventListener("click", function (event) {
    each("details[data-closing][open]", function (panel) {
      if (!panel.contains(event.target)) {
        panel.removeAttribute("open");
      }
    });
  });

  /* What went wrong gets the focus, once. */
  const wrong = document.querySelector("[data-focus]");
  if (wrong) {
    wrong.focus();
  }

  /* A button that sends its form works once. */
  each("form[method=post]:not([data-entry])", function (form) {
    form.addEventListener("submit", function (event) {
      if (form.getAttribute("data-sent")) {
        event.preventDefault();
        return;
      }
      form.setAttribute("data-sent", "1");
      setTimeout(function () { form.removeAttribute("data-sent"); }, 4000);
    });
  });

  /* Another field has other conditions and another kind of value: its row is drawn anew. The focus stays, and so does
   * what was written into the row while the answer was on its way. */
  const filters = document.querySelector("[data-filters]");
  const asked = [];

  function redrawn(at, fresh, before, chosen) {
    const row = filters.querySelectorAll("[data-filter-row]")[at];
    const made = document.importNode(fresh, true);
    const value = row.querySelector("[name=fv]");
    const twin = made.querySelector("[name=fv]");
    if (value.value !== before && value.tagName === twin.tagName && value.type === twin.type) {
      twin.value = value.value;
    }
    const focused = document.activeElement;
    row.parentNode.replaceChild(made, row);
    if (row.contains(focused) || focused === document.body) {
      made.querySelector("[name=" + (focused.name || chosen) + "]").focus();
    }
  }

  if (filters && window.fetch && window.URLSearchParams && window.DOMParser) {
    filters.addEventListener("change", function (event) {
      const select = event.target;
      if (!select.hasAttribute("data-filter-field")) {
        return;
      }
      const row = select.closest("[data-filter-row]");
      const at = Array.prototype.indexOf.call(filters.querySelectorAll("[data-filter-row]"), row);
      const before = row.querySelector("[name=fv]").value;
      const query = new URLSearchParams(new FormData(filters)).toString();
      asked[at] = (asked[at] || 0) + 1;
      const mine = asked[at];
      fetch(filters.getAttribute("action") + "?" + query, { credentials: "same-origin" })
        .then(function (response) { return response.text(); })
        .then(function (text) {
          const page = new DOMParser().parseFromString(text, "text/html");
          const fresh = page.querySelectorAll("[data-filter-row]")[at];
          // Chosen again meanwhile: that answer is on its way.
          if (fresh && mine === asked[at]) {
            redrawn(at, fresh, before, select.name);
          }
        })
        .catch(function () { filters.submit(); });
    });
  }

  /* Printing from a button. */
  each("[data-print]", function (button) {
    button.hidden = false;
    button.addEventListener("click", function () { window.print(); });
  });

  /* A job's page asks how far it is, and loads itself anew at the end. */
  each("[data-poll]", function (box) {
    const bar = box.querySelector("progress");
    const text = box.querySelector("[data-poll-text]");
    function ask() {
      fetch(box.getAttribute("data-poll"), { credentials: "same-origin", headers: { Accept: "application/json" } })
        .then(function (response) { return response.json(); })
        .then(function (job) {
          if (job.finished) {
            location.reload();
            return;
          }
          if (job.total) {
            bar.max = job.total;
            bar.value = job.done;
          }
          text.textContent = job.text;
          setTimeout(ask, 1500);
        })
        .catch(function () { setTimeout(ask, 5000); });
    }
    setTimeout(ask, 1000);
  });
}());
