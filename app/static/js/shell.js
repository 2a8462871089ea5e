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

  /* Another field has other conditions and another kind of value: its row is drawn anew, the focus stays. */
  const filters = document.querySelector("[data-filters]");
  if (filters && window.fetch && window.URLSearchParams && window.DOMParser) {
    filters.addEventListener("change", function (event) {
      const select = event.target;
      if (!select.hasAttribute("data-filter-field")) {
        return;
      }
      const rows = filters.querySelectorAll("[data-filter-row]");
      const at = Array.prototype.indexOf.call(rows, select.closest("[data-filter-row]"));
      const query = new URLSearchParams(new FormData(filters)).toString();
      fetch(filters.getAttribute("action") + "?" + query, { credentials: "same-origin" })
        .then(function (response) { return response.text(); })
        .then(function (text) {
          const page = new DOMParser().parseFromString(text, "text/html");
          const fresh = page.querySelectorAll("[data-filter-row]")[at];
          if (fresh) {
            rows[at].parentNode.replaceChild(document.importNode(fresh, true), rows[at]);
            filters.querySelectorAll("[data-filter-row]")[at].querySelector("[name=" + select.name + "]").focus();
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
