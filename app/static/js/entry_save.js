/* Saves the draft three seconds after a change, on leaving the page, and says in one place how that went. */
(function (root) {
  "use strict";

  const entry = root.XqtEntry;
  if (!entry || !entry.client.urls.draft || !root.fetch) {
    return;
  }
  const form = entry.form;
  const texts = entry.texts;
  const state = form.querySelector("[data-save-state]");
  const versionInput = form.querySelector("[name=lock_version]");
  const campaign = form.querySelector("[name=campaign]");
  const whose = form.querySelector("[name=for]");
  const WAIT = 3000;
  const RETRY = 10000;

  let draftUrl = entry.client.urls.draft;
  let saving = null;
  let timer = 0;
  let failed = false;
  let ended = false;
  let stopped = false;
  let submitting = "";

  function tell(text, tone) {
    state.textContent = text;
    state.className = "entry-state" + (tone ? " entry-state--" + tone : "");
  }

  /* Every top-level field with its name-value pairs, as the browser would post them. */
  function snapshot() {
    const fields = {};
    new FormData(form).forEach((value, name) => {
      if (typeof value === "string" && name.indexOf("f-") === 0) {
        const key = name.split("-")[1];
        (fields[key] = fields[key] || []).push([name, value]);
      }
    });
    return fields;
  }

  let saved = snapshot();
  /* What was typed before this script was there is not what the server drew. */
  Array.prototype.forEach.call(form.elements, (control) => {
    const typed = /^(checkbox|radio)$/.test(control.type) ? control.checked !== control.defaultChecked
      : control.type !== "hidden" && control.defaultValue !== undefined && control.value !== control.defaultValue;
    if (typed && control.name.indexOf("f-") === 0) {
      delete saved[control.name.split("-")[1]];
    }
  });

  function changes(current) {
    return Object.keys(current).filter((key) => JSON.stringify(current[key]) !== JSON.stringify(saved[key]));
  }

  function clock() {
    const now = new Date();
    return [now.getHours(), now.getMinutes(), now.getSeconds()].map((part) => ("0" + part).slice(-2)).join(":");
  }

  function save(keepalive) {
    root.clearTimeout(timer);
    const current = snapshot();
    const keys = changes(current);
    if (ended) {
      // Nothing can be saved before the token is renewed.
      timer = root.setTimeout(renew, WAIT);
      return Promise.resolve();
    }
    if (saving || stopped || !keys.length) {
      return saving || Promise.resolve();
    }
    tell(texts.saving);
    const body = {
      lock_version: Number(versionInput.value),
      form_version: Number(form.querySelector("[name=form_version]").value),
      form: keys.reduce((pairs, key) => pairs.concat(current[key]), []),
    };
    if (campaign && draftUrl.slice(-4) === "/new") {
      body.campaign = campaign.value;
    }
    if (whose && draftUrl.slice(-4) === "/new") {
      body.for = whose.value;
    }
    saving = root.fetch(draftUrl, {
      method: "POST",
      credentials: "same-origin",
      keepalive: keepalive === true,
      headers: {
        "Content-Type": "application/json",
        Accept: "application/json",
        "X-CSRFToken": form.querySelector("[name=csrf_token]").value,
      },
      body: JSON.stringify(body),
    }).then((response) => answered(response, current, keys), () => {
      failed = true;
      tell(texts.offline, "bad");
      timer = root.setTimeout(save, RETRY);
    }).then(() => {
      saving = null;
      if (submitting) {
        send();
      } else if (!failed && !stopped && changes(snapshot()).length) {
        timer = root.setTimeout(save, WAIT);
      }
    });
    return saving;
  }

  function refused() {
    failed = true;
    tell(texts.failed, "bad");
    return null;
  }

  /* Somebody who has signed in again in another window goes on here: with the token of his new session. */
  function expired() {
    failed = true;
    ended = true;
    tell(texts.expired, "bad");
    timer = root.setTimeout(renew, RETRY);
    return null;
  }

  function renew() {
    root.fetch(root.location.href, { credentials: "same-origin" }).then((response) => {
      if (response.redirected || !response.ok) {
        throw new Error("still signed out");
      }
      return response.text();
    }).then((text) => {
      const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-entry] [name=csrf_token]");
      form.querySelector("[name=csrf_token]").value = fresh.value;
      ended = false;
      return save();
    }).catch(expired);
  }

  function answered(response, current, keys) {
    const json = (response.headers.get("Content-Type") || "").indexOf("json") >= 0;
    if (response.status === 401 || response.redirected || (response.ok && !json)) {
      return expired();
    }
    if (response.status === 400 && json) {
      return response.json().then((data) => (data.code === "csrf" ? expired() : refused()));
    }
    if (response.status === 409) {
      return response.json().then((data) => conflict(data, current, keys));
    }
    if (!response.ok) {
      return refused();
    }
    return response.json().then((data) => {
      failed = false;
      keys.forEach((key) => {
        saved[key] = current[key];
      });
      versionInput.value = data.lock_version;
      root.XqtPressing.after(() => warn(data.warnings || []));
      if (data.edit_url && draftUrl.slice(-4) === "/new") {
        draftUrl = draftUrl.slice(0, -3) + data.id;
        if (campaign) {
          // The record carries it now.
          campaign.disabled = true;
        }
        form.action = data.edit_url;
        root.history.replaceState(null, "", data.edit_url);
      }
      // What was typed while this was on its way is not on the server yet.
      if (changes(snapshot()).length) {
        tell(texts.unsaved);
      } else {
        tell(entry.say(texts.saved, { time: clock() }), "good");
      }
    });
  }

  /* What is to be looked at again: it is told with each saved draft and holds nothing back. */
  function warn(found) {
    entry.all(".entry-warning:not([data-live])").forEach((line) => line.parentNode.removeChild(line));
    found.forEach((item) => {
      const dot = item.field.indexOf(".");
      const table = dot < 0 ? form : form.querySelector('[data-table="' + item.field.slice(0, dot) + '"]');
      const within = item.row && table ? entry.all("[data-row]", table)[item.row - 1] : table;
      const holder = within && within.querySelector('[data-field="' + item.field + '"]');
      const messages = holder && holder.querySelector("[data-messages]");
      if (messages && messages.textContent.indexOf(item.text) < 0) {
        messages.appendChild(element("p", "entry-warning", item.text));
        entry.describe(holder, messages.id);
      }
    });
  }

  /* ---- somebody else saved meanwhile ---- */

  function element(name, className, text) {
    const made = document.createElement(name);
    made.className = className || "";
    if (text !== undefined) {
      made.textContent = text;
    }
    return made;
  }

  function conflict(data, current, keys) {
    if (!(data.conflicts || []).length) {
      versionInput.value = data.lock_version;
      timer = root.setTimeout(save, 0);
      return;
    }
    stopped = true;
    submitting = "";
    tell(texts.conflict, "bad");
    const panel = form.querySelector("[data-conflict]");
    panel.textContent = "";
    panel.className = "alert alert-danger";
    panel.setAttribute("role", "alert");
    panel.setAttribute("tabindex", "-1");
    panel.appendChild(element("h2", "h6", texts.conflict));
    const table = element("table", "table table-sm");
    const head = table.createTHead().insertRow();
    [texts.field, texts.mine, texts.theirs].forEach((text) => {
      const cell = element("th", "", text);
      cell.scope = "col";
      head.appendChild(cell);
    });
    const body = table.createTBody();
    data.conflicts.forEach((item) => {
      const row = body.insertRow();
      const label = element("th", "", item.label);
      label.scope = "row";
      row.appendChild(label);
      [item.mine, item.theirs].forEach((text) => {
        row.insertCell().textContent = text;
      });
    });
    panel.appendChild(table);
    const keep = element("button", "btn btn-primary me-2", texts.keep_mine);
    const take = element("button", "btn btn-outline-primary", texts.take_theirs);
    keep.type = "button";
    take.type = "button";
    keep.addEventListener("click", () => resolve(data, () => {}));
    take.addEventListener("click", () => resolve(data, () => {
      data.conflicts.forEach((item) => {
        const key = item.field.split(".")[0];
        saved[key] = snapshot()[key];
      });
    }, true));
    panel.appendChild(keep);
    panel.appendChild(take);
    panel.hidden = false;
    panel.focus();
  }

  function resolve(data, prepare, reload) {
    versionInput.value = data.lock_version;
    stopped = false;
    failed = false;
    prepare();
    form.querySelector("[data-conflict]").hidden = true;
    Promise.resolve(save()).then(() => {
      if (reload && !failed && !stopped) {
        leaving = true;
        root.location.reload();
      }
    });
  }

  /* ---- when ---- */

  entry.on("change", () => {
    if (!stopped) {
      tell(texts.unsaved);
      root.clearTimeout(timer);
      timer = root.setTimeout(save, WAIT);
    }
  });

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "hidden" && !submitting) {
      save(true);
    }
  });

  let leaving = false;
  root.addEventListener("beforeunload", (event) => {
    if (failed && !leaving && changes(snapshot()).length) {
      event.preventDefault();
      event.returnValue = texts.leave;
    }
  });

  /* A submit waits for a save that is under way: its lock version would be stale otherwise. */
  let pressed = "save";
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[name=_do]");
    pressed = button ? button.value : pressed;
  });

  function send() {
    const action = element("input");
    action.type = "hidden";
    action.name = "_do";
    action.value = submitting;
    form.appendChild(action);
    leaving = true;
    form.submit();
  }

  form.addEventListener("submit", (event) => {
    // Where the session has ended the server asks to sign in, keeps what was typed, and goes on.
    root.clearTimeout(timer);
    leaving = true;
    if (saving) {
      event.preventDefault();
      submitting = pressed;
    } else {
      stopped = true;
    }
  });
})(window);
