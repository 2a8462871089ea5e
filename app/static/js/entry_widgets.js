/* Searching in long lists, looking up records by typing, uploading attachments, taking the device's position. Each is optional: without it, or on an
 * engine too old for Tom Select, the native select and the plain file input remain. */
(function (root) {
  "use strict";

  const entry = root.XqtEntry;
  if (!entry) {
    return;
  }
  const client = entry.client;
  const texts = entry.texts;

  /* ---- lists ---- */

  function labelOf(select) {
    const label = document.querySelector('label[for="' + select.id + '"] span');
    return label ? label.textContent.trim() : "";
  }

  /* The label is asked for first: Tom Select takes it over for its own input. */
  function options(select) {
    const name = labelOf(select);
    return {
      plugins: select.multiple ? ["remove_button"] : [],
      searchField: ["text", "pinyin", "value"],
      maxOptions: 300,
      hideSelected: false,
      closeAfterSelect: !select.multiple,
      render: { no_results: (data, escape) => '<div class="no-results">' + escape(texts.no_match) + "</div>" },
      onInitialize: function () {
        this.control_input.setAttribute("aria-label", name);
        select.setAttribute("aria-label", name);
      },
    };
  }

  function lookup(select) {
    const path = select.getAttribute("data-lookup");
    return Object.assign(options(select), {
      searchField: ["text", "hint"],
      shouldLoad: (query) => query.length >= 2,
      load: function (query, done) {
        root.fetch(client.urls.lookup + path + "?q=" + encodeURIComponent(query), {
          credentials: "same-origin", headers: { Accept: "application/json" },
        }).then((response) => response.json()).then((data) => {
          done((data.results || data).map((item) => ({ value: item.id, text: item.label, hint: item.hint || "" })));
        }).catch(() => done());
      },
    });
  }

  function enhance(within) {
    if (!root.TomSelect) {
      return;
    }
    entry.all("select[data-search], select[data-lookup]", within).forEach((select) => {
      if (select.tomselect || select.closest("template")) {
        return;
      }
      const remote = select.hasAttribute("data-lookup") && client.urls.lookup;
      const made = new root.TomSelect(select, remote ? lookup(select) : options(select));
      made.on("change", () => entry.changed());
    });
  }

  /* The label of a chosen record is posted along, so that the page can show it again after an error. */
  entry.form.addEventListener("change", (event) => {
    const select = event.target;
    if (!select.matches || !select.matches("select[data-lookup]")) {
      return;
    }
    const name = select.name + "-label";
    let hidden = entry.all("input[type=hidden]").filter((input) => input.name === name)[0];
    if (!hidden) {
      hidden = document.createElement("input");
      hidden.type = "hidden";
      hidden.name = name;
      select.parentNode.appendChild(hidden);
    }
    const chosen = select.selectedOptions[0];
    hidden.value = select.value && chosen ? chosen.textContent.trim() : "";
  });

  /* ---- attachments ---- */

  function line(list, text) {
    const item = document.createElement("li");
    item.textContent = text;
    list.appendChild(item);
    return item;
  }

  function stored(item, input, file) {
    const name = input.name.slice(0, -"-upload".length);
    const box = document.createElement("input");
    const label = document.createElement("label");
    box.type = "checkbox";
    box.className = "form-check-input";
    box.checked = true;
    box.name = name;
    box.value = file.id;
    box.id = name + "-" + file.id;
    label.className = "form-check-label";
    label.htmlFor = box.id;
    label.textContent = file.name;
    item.textContent = "";
    item.className = "form-check";
    item.appendChild(box);
    item.appendChild(label);
    entry.changed();
  }

  function upload(input, file) {
    const list = input.closest("[data-field]").querySelector("[data-files]");
    const item = line(list, entry.say(texts.uploading, { name: file.name, percent: 0 }));
    item.setAttribute("role", "status");
    const fail = (reason) => {
      item.className = "entry-error";
      item.textContent = entry.say(texts.upload_failed, { name: file.name, reason: reason });
    };
    const most = Number(input.getAttribute("data-max-size")) || 0;
    if (most && file.size > most * 1024 * 1024) {
      fail(entry.say(texts.too_large, { size: most }));
      return;
    }
    const request = new XMLHttpRequest();
    const body = new FormData();
    body.append("field", input.getAttribute("data-upload"));
    body.append("file", file, file.name);
    request.open("POST", client.urls.files);
    request.setRequestHeader("X-CSRFToken", entry.form.querySelector("[name=csrf_token]").value);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) {
        const percent = Math.round(event.loaded / event.total * 100);
        item.textContent = entry.say(texts.uploading, { name: file.name, percent: percent });
      }
    };
    request.onload = () => {
      let answer = {};
      try {
        answer = JSON.parse(request.responseText);
      } catch (error) {
        answer = {};
      }
      if (request.status === 201) {
        stored(item, input, answer);
      } else {
        fail(answer.detail || answer.title || request.status);
      }
    };
    request.onerror = () => fail(texts.no_network);
    request.send(body);
  }

  entry.form.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches || !input.matches("input[data-upload]") || !client.urls.files) {
      return;
    }
    Array.from(input.files).forEach((file) => upload(input, file));
    input.value = "";
  });

  /* ---- position ---- */

  function put(input, degrees) {
    input.value = degrees.toFixed(6);
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  function locate(button) {
    const box = button.closest("[data-parts]");
    const state = box.querySelector("[data-position-state]");
    state.textContent = texts.position_asked;
    root.navigator.geolocation.getCurrentPosition((found) => {
      const inputs = entry.all("input:not([type=hidden])", box);
      put(inputs[0], found.coords.latitude);
      put(inputs[1], found.coords.longitude);
      state.textContent = entry.say(texts.position_found, { metres: Math.round(found.coords.accuracy) });
    }, () => {
      state.textContent = texts.position_failed;
    }, { enableHighAccuracy: true, timeout: 15000, maximumAge: 60000 });
  }

  /* Browsers tell the position to secure pages only: elsewhere the button would never work. */
  function offer(within) {
    if (root.isSecureContext && root.navigator.geolocation) {
      entry.all("[data-position]", within).forEach((button) => {
        button.hidden = false;
      });
    }
  }

  entry.form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-position]");
    if (button) {
      locate(button);
    }
  });

  enhance(entry.form);
  entry.on("row", enhance);
  offer(entry.form);
  entry.on("row", offer);
})(window);
