/* Puts the canvas together: what the page brings, the store, saving and checking, and what is drawn. */
import { Section, cardsOf } from "./cards.js";
import { Dialog } from "./dialogs.js";
import { Journal } from "./journal.js";
import { Kept } from "./kept.js";
import { listen } from "./keyboard.js";
import { merge } from "./merge.js";
import { Naming } from "./naming.js";
import { node, placeOf, placeOfNode, sections } from "./model.js";
import { Outline, Palette } from "./palette.js";
import { Preview } from "./preview.js";
import { Properties } from "./properties.js";
import { rules } from "./references.js";
import { Retired } from "./retired.js";
import { Saving } from "./saving.js";
import { Store } from "./store.js";
import { TopBar } from "./topbar.js";
import { Icon, html, prepare, released, render, t, useLayoutEffect } from "./ui.js";
import { Names, issuePlace, ruleSentence } from "./words.js";

const root = document.querySelector("[data-canvas]");
const page = JSON.parse(root.getAttribute("data-canvas"));
prepare(page);
const store = new Store(page);

/* ---- what the views ask for ---- */

store.where = (item) => placeOfNode(store.definition, item) || [];
store.node = (at) => node(store.definition, at);
store.place = (path) => placeOf(store.definition, path);
store.focusCard = () => {
  store.want({ card: store.at });
  store.set({ pane: "canvas" });
};
store.openProperties = () => {
  const tab = store.at.length > 1 ? "basic" : store.state.tab;
  store.want({ input: store.at.length > 1 ? "label" : "title" });
  store.set({ tab, pane: "properties" });
};

/* ---- saving and checking ---- */

/* What two have changed differently: a promise of what is to hold of each. */
function ask(conflicts) {
  return new Promise((resolve) => {
    const decide = (choices) => resolve((conflict) => choices[conflicts.findIndex((one) => one.path === conflict.path && one.name === conflict.name)] || "mine");
    store.set({ dialog: { name: "conflicts", conflicts, decide } });
  });
}

const clock = () => new Date().toTimeString().slice(0, 8);
const saving = new Saving({
  address: page.draft,
  token: root.getAttribute("data-token"),
  lockVersion: page.lock_version,
  definition: page.definition,
  current: () => store.definition,
  merged: (change, asked) => {
    store.rebase(change);
    if (!asked) {
      store.say(t("merged"));
    }
  },
  ask,
  released,
  prepare: () => naming.run(document.visibilityState === "hidden"),
  state: (name, detail = "") => {
    store.set({ save: { name, detail, time: clock() } });
    if (name === "saved") {
      journal.clear();
    }
  },
  done: () => check(),
});
const naming = new Naming({
  store,
  ask: (body) => saving.request("POST", page.naming, body).then((response) => (response.ok ? response.json() : null)).then((found) => released().then(() => found)),
});
store.naming = naming;
const journal = new Journal({ form: page.form, user: page.user, saving, current: () => store.definition });
store.state.kept = journal.left(page.definition);
/* Work that was never saved becomes one step, merged with what has been saved since it was begun. */
store.takeUp = async (entry) => {
  const { conflicts } = merge(entry.base, entry.definition, store.definition);
  const choose = conflicts.length ? await ask(conflicts) : () => "mine";
  const { definition } = merge(entry.base, entry.definition, store.definition, choose);
  store.act({ type: "replace", definition }, { say: t("kept_taken"), focus: "card" });
  journal.write();
  store.dropKept(entry);
};
store.dropKept = (entry) => {
  journal.drop(entry.name);
  store.set({ kept: store.state.kept.filter((one) => one !== entry) });
};
// Not within the event by which an input is left: the focus is still on its way.
store.left = () => setTimeout(() => naming.run(), 0);
store.saveNow = () => saving.now().then((fine) => store.say(fine ? t("save_saved", { time: clock() }) : t("not_saved")));
store.leave = (event, address) => {
  if (saving.dirty || naming.running || naming.waiting(true).length) {
    event.preventDefault();
    naming.run(true).then(() => saving.now()).then((fine) => {
      if (fine) {
        window.location.assign(address);
      } else {
        store.say(t("not_saved"));
      }
    });
  }
};
store.openPreview = (open) => {
  const go = open ? saving.now() : Promise.resolve(true);
  go.then(() => store.set({ preview: open }));
};

const checks = { round: 0, running: 0 };

/* What is wrong with the draft as the server has it. */
async function check() {
  checks.round += 1;
  checks.running += 1;
  const mine = checks.round;
  try {
    const response = await saving.request("POST", page.check);
    const issues = response.ok ? await response.json() : null;
    await released();
    if (issues && mine === checks.round) {
      store.set({ issues, checked: true });
    }
  } catch (error) {
    // Without a network there is nothing to say; saving says so already and asks again.
  } finally {
    checks.running -= 1;
  }
}

/* What the server says of a formula at its place, as the definition is now. */
store.readFormula = async (rule, text) => {
  const nothing = { text, mistakes: [] };
  if (!page.formula) {
    return nothing;
  }
  const place = `${rule.path ? `${rule.path}.` : ""}${rule.name}${rule.index === undefined ? "" : `[${rule.index}]`}`;
  try {
    const response = await saving.request("POST", page.formula, { text, where: place, definition: store.definition });
    if (!response.ok) {
      return nothing;
    }
    const { errors, sentence } = await response.json();
    await released();
    return { text, sentence, mistakes: errors };
  } catch (error) {
    return nothing;
  }
};

store.listen((changed) => {
  if (changed) {
    saving.touch();
    journal.touch();
  }
  draw();
});
window.addEventListener("online", () => saving.now());
window.addEventListener("beforeunload", (event) => {
  if (saving.dirty) {
    event.preventDefault();
    event.returnValue = "";
  }
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "hidden" && saving.dirty) {
    journal.write();
    saving.now();
  }
});
window.addEventListener("pagehide", () => journal.close(true));
// Come back to by the browser's own way back, as it was left.
window.addEventListener("pageshow", (event) => event.persisted && journal.close(false));

/* ---- drawing ---- */

let waiting = false;

/* Once per frame, however many changes came; at once where nothing is drawn yet. */
function draw() {
  if (!waiting) {
    waiting = true;
    queueMicrotask(() => {
      waiting = false;
      render(html`<${App} state=${store.state} />`, root);
    });
  }
}

const key = (at) => at.join(".");
let names = { definition: null, known: null, rules: null };

/* Names, and rules by place, of the definition; worked out once for each. */
function reading(definition) {
  if (names.definition !== definition) {
    const known = new Names(definition, page);
    const found = new Map();
    rules(definition).forEach((rule) => {
      const place = key(rule.at);
      if (!found.has(place)) {
        found.set(place, []);
      }
      found.get(place).push({ kind: rule.name, text: ruleSentence(rule, known) });
    });
    names = { definition, known, rules: found };
  }
  return names;
}

function marksOf(definition, issues) {
  const found = new Map();
  const add = (level) => (issue) => {
    const place = key(issuePlace(definition, issue).at);
    if (!found.has(place)) {
      found.set(place, []);
    }
    found.get(place).push({ level, message: issue.message, code: issue.code });
  };
  issues.errors.forEach(add("error"));
  issues.warnings.filter((issue) => issue.code !== "english").forEach(add("warning"));
  return found;
}

function App({ state }) {
  const { present } = state.history;
  const { definition, at } = present;
  const { known, rules: sentences } = reading(definition);
  const marks = marksOf(definition, state.issues);
  const drawn = cardsOf(store, (place) => sentences.get(key(place)), (place) => marks.get(key(place)));
  const retired = store.retired;
  useLayoutEffect(focusWanted);
  const side = (name, label) => html`<button type="button" role="tab" id=${`side-${name}`} class="prop-tab" aria-selected=${state.side === name ? "true" : "false"} aria-controls="side-panel" onClick=${() => store.set({ side: name })}>${label}</button>`;
  const pane = (name, icon) => html`<button type="button" class="pane-tab" aria-current=${state.pane === name ? "true" : null} onClick=${() => store.set({ pane: name })}><${Icon} name=${icon} /><span>${t(`pane_${name}`)}</span></button>`;
  return html`<${TopBar} store=${store} state=${state} />
    ${state.preview ? html`<${Preview} store=${store} />` : null}
    <div class=${`canvas-frame canvas-frame--${state.pane}${state.preview ? " d-none" : ""}`}>
      <aside class="canvas-side" aria-label=${t("pane_side")}>
        <div class="prop-tabs" role="tablist" aria-label=${t("pane_side")}>${side("palette", t("palette"))}${side("outline", t("outline"))}</div>
        <div role="tabpanel" id="side-panel" aria-labelledby=${`side-${state.side}`}>
          ${state.side === "palette" ? html`<${Palette} store=${store} />` : html`<${Outline} store=${store} definition=${definition} at=${at} retired=${retired} />`}
        </div>
      </aside>
      <div class="canvas-middle" role="region" aria-label=${t("pane_canvas")} tabindex="-1">
        ${state.kept.length ? html`<${Kept} key=${state.kept[0].name} store=${store} entry=${state.kept[0]} />` : null}
        ${drawn.map((one, index) => html`<${Section} key=${one.id} store=${store} section=${one.section} index=${index} selected=${one.selected} cards=${steady(one)} sentences=${one.sentences} marks=${one.marks} />`)}
        <button type="button" class="btn btn-outline-secondary" data-do="add-section" onClick=${() => store.addSection()}><${Icon} name="plus-lg" /> ${t("add_section")}</button>
        <${Retired} store=${store} retired=${retired} />
      </div>
      <aside class="canvas-properties" aria-label=${t("properties")}>
        <${Properties} store=${store} definition=${definition} at=${at} tab=${state.tab} known=${known} marks=${marks.get(key(at)) || []} />
      </aside>
    </div>
    ${state.preview ? null : html`<nav class="pane-tabs" aria-label=${t("panes")}>${pane("side", "ui-checks-grid")}${pane("canvas", "list-task")}${pane("properties", "gear")}</nav>`}
    ${state.dialog ? html`<${Dialog} key=${state.dialog.name} store=${store} dialog=${state.dialog} known=${known} />` : null}
    <p class="visually-hidden" role="status" aria-live="polite" data-spoken>${state.spoken}</p>`;
}

const listed = new WeakMap();

/* The same cards are the same list, so that a section that did not change is not drawn again. */
function steady({ section, cards }) {
  const before = listed.get(section);
  const alike = before && before.length === cards.length && before.every((one, index) => Object.keys(cards[index]).every((name) => one[name] === cards[index][name]));
  if (!alike) {
    listed.set(section, cards);
  }
  return alike ? before : cards;
}

/* Brings the focus to where the last gesture wants it, and what is selected into view. */
function focusWanted() {
  const wish = store.wish;
  if (wish === null) {
    return;
  }
  store.wish = null;
  const element = wish.card ? cardElement(wish.card) : document.querySelector(wish.selector || `.properties [data-prop="${wish.input}"]`);
  if (element) {
    element.focus();
    if (element.select && wish.input) {
      element.select();
    }
    element.scrollIntoView({ block: "nearest" });
  }
}

function cardElement(at) {
  if (at.length === 0) {
    return document.querySelector(".canvas-middle");
  }
  const section = document.querySelectorAll(".canvas-section")[at[0]];
  if (!section || at.length === 1) {
    return section ? section.querySelector(".section-main") : null;
  }
  const card = section.querySelector(".card-list").children[at[1]];
  const found = card && at.length === 3 ? card.querySelector(".columns").children[at[2]] : card;
  return found ? found.querySelector(".card-main") : null;
}

window.XqtCanvas = { store, saving, naming, journal, checks };
listen(store);
root.textContent = "";
draw();
check();
