/* What the canvas shows and the gestures that change it. One store for the page; views draw what it holds. */
import * as history from "./history.js";
import * as model from "./model.js";
import { apply } from "./reducer.js";
import { usesOf } from "./references.js";
import { t } from "./ui.js";

export class Store {
  constructor(page) {
    this.page = page;
    this.types = new Map(page.palette.types.map((type) => [type.name, type]));
    this.state = {
      history: history.start(page.definition),
      issues: { errors: [], warnings: [] },
      checked: false,
      save: { name: "saved", detail: "", time: "" },
      side: "palette",
      tab: "basic",
      pane: "canvas",
      dialog: null,
      preview: false,
      spoken: "",
      // Work of an earlier opening that was never saved.
      kept: [],
    };
    this.wish = null;
    this.listeners = [];
    // Under which name a field is drawn that has got another key meanwhile: the focus stays where it is.
    this.ids = new Map();
    this.left = () => {};
  }

  get definition() {
    return this.state.history.present.definition;
  }

  get at() {
    return this.state.history.present.at;
  }

  get selected() {
    return model.node(this.definition, this.at);
  }

  listen(listener) {
    this.listeners.push(listener);
  }

  set(values) {
    const before = this.definition;
    this.state = Object.assign({}, this.state, values);
    this.listeners.forEach((listener) => listener(this.definition !== before));
  }

  /* Says something to screen readers. */
  say(text) {
    // The same sentence twice must be another text to be read again.
    this.set({ spoken: this.state.spoken === text ? `${text}\u00a0` : text });
  }

  /* Puts the focus there once it is drawn: {card: at}, {input: name} or {selector}. */
  want(wish) {
    this.wish = wish;
  }

  act(action, { group = null, say = "", focus = null } = {}) {
    const done = apply(this.definition, action);
    if (done.at === null) {
      return false;
    }
    const present = { definition: done.definition, at: done.at };
    if (focus) {
      this.want(focus === "card" ? { card: done.at } : focus);
    }
    this.set({ history: history.record(this.state.history, present, group) });
    if (say) {
      this.say(say);
    }
    return true;
  }

  patch(at, values, group = null) {
    return this.act({ type: "patch", at, values }, { group });
  }

  /* Typing into one input is one step until the input is left. */
  endGroup() {
    this.left();
    if (this.state.history.group !== null) {
      this.state = Object.assign({}, this.state, { history: Object.assign({}, this.state.history, { group: null }) });
    }
  }

  undo() {
    this.step(history.undo(this.state.history), t("undone"), t("nothing_to_undo"));
  }

  redo() {
    this.step(history.redo(this.state.history), t("redone"), t("nothing_to_redo"));
  }

  step(after, said, nothing) {
    if (after === this.state.history) {
      this.say(nothing);
      return;
    }
    this.set({ history: after });
    this.say(said);
  }

  /* What somebody else has saved becomes part of every state. */
  rebase(change) {
    const path = model.pathOf(this.definition, this.at);
    const after = history.rebased(this.state.history, change);
    const at = path ? model.placeOf(after.present.definition, path) : [];
    this.set({ history: Object.assign({}, after, { present: Object.assign({}, after.present, { at: at || [] }) }) });
  }

  /* What changes in every state and is no step: keys that the server made from names. Places stay as they are. */
  carry(change) {
    const after = history.rebased(this.state.history, change);
    this.set({ history: Object.assign({}, after, { group: this.state.history.group }) });
  }

  /* By what a field ("#key": a section) is known while the page is open, whatever its key becomes. */
  idOf(path) {
    const dot = path.lastIndexOf(".");
    const name = dot < 0 ? path : `${this.idOf(path.slice(0, dot))}${path.slice(dot)}`;
    return this.ids.get(name) || name;
  }

  carryId(path, key) {
    const dot = path.lastIndexOf(".");
    const name = path[0] === "#" ? `#${key}` : dot < 0 ? key : `${this.idOf(path.slice(0, dot))}.${key}`;
    this.ids.set(name, this.idOf(path));
  }

  /* The paths of every step that undo or redo can bring back. */
  everyPath() {
    const found = new Set();
    const { past, future } = this.state.history;
    past.concat(future).forEach((state) => model.walk(state.definition, (field, at, path) => found.add(path)));
    model.walk(this.definition, (field, at, path) => found.delete(path));
    return Array.from(found);
  }

  select(at, { focus = null, tab = null, pane = null } = {}) {
    const present = { definition: this.definition, at };
    const values = { history: Object.assign({}, this.state.history, { present, group: null }) };
    if (tab) {
      values.tab = tab;
    }
    if (pane) {
      values.pane = pane;
    }
    if (focus) {
      this.want(focus === "card" ? { card: at } : focus);
    }
    this.set(values);
  }

  label(item) {
    return model.labelText(item && (item.label || item.title), this.page.language) || (item && item.key) || t("nameless");
  }

  typeLabel(name) {
    const type = this.types.get(name);
    return type ? model.labelText(type.label, this.page.language) : name || "";
  }

  /* Whether the field was ever published: it is retired then, not deleted, and keeps its key. */
  published(at) {
    const path = model.pathOf(this.definition, at);
    return at.length > 1 && (Object.prototype.hasOwnProperty.call(this.page.published, path) || Object.prototype.hasOwnProperty.call(this.page.retired, path));
  }

  /* Whether the solution pack counts on the field: it stays, with its type. */
  core(at) {
    return this.page.core.indexOf(model.pathOf(this.definition, at)) >= 0;
  }

  /* ---- gestures ---- */

  /* Where something new goes: behind what is selected. */
  after(type) {
    const [at, found] = [this.at, this.definition];
    if (at.length === 3 && type !== "subtable") {
      return at.slice(0, 2).concat(at[2] + 1);
    }
    if (at.length >= 2) {
      return [at[0], at[1] + 1];
    }
    const section = at.length === 1 ? at[0] : Math.max(0, model.sections(found).length - 1);
    return [section, model.children(model.sections(found)[section]).length];
  }

  fresh(name, at) {
    const type = this.types.get(name);
    const field = Object.assign({ key: model.freeKey(name, this.takenAt(at)), type: name, label: { zh: model.labelText(type.label, "zh") } }, JSON.parse(JSON.stringify(type.fresh)));
    if (at.length === 3) {
      // A column has the class of its sub-table.
      delete field.class;
    }
    return field;
  }

  /* Keys that something new there cannot have: those beside it and those that were ever published. */
  takenAt(at) {
    const owner = at.length === 3 ? `${model.pathOf(this.definition, at.slice(0, 2))}.` : "";
    const past = this.page.keys.filter((path) => path.startsWith(owner)).map((path) => path.slice(owner.length)).filter((key) => key.indexOf(".") < 0);
    return model.keysAt(this.definition, at).concat(at.length > 1 ? past : []);
  }

  add(name, at = this.after(name)) {
    const label = this.typeLabel(name);
    const field = this.fresh(name, at);
    this.state = Object.assign({}, this.state, { tab: "basic", dialog: null });
    if (!model.sections(this.definition).length) {
      // Without any section the first field brings one along: still one step.
      this.act({ type: "add", at: [0], node: Object.assign(this.freshSection([0]), { fields: [field] }) });
      this.naming.note([0]);
      this.select([0, 0], { focus: { input: "label" } });
      return true;
    }
    return this.made({ type: "add", at, node: field }, { say: t("added", { label }), focus: { input: "label" } });
  }

  freshSection(at) {
    return { key: model.freeKey("section", model.keysAt(this.definition, at)), title: { zh: this.page.palette.new_section }, fields: [] };
  }

  addSection() {
    const at = [this.at.length ? this.at[0] + 1 : model.sections(this.definition).length];
    return this.made({ type: "add", at, node: this.freshSection(at) }, { say: t("section_added"), focus: { input: "title" } });
  }

  /* A gesture that makes something whose name is still to be given. */
  made(action, told) {
    const done = this.act(action, told);
    if (done && this.naming) {
      this.naming.note(this.at);
    }
    return done;
  }

  move(at, step) {
    const to = model.neighbour(this.definition, at, step);
    if (to === null) {
      this.say(t("no_further"));
      return;
    }
    const label = this.label(model.node(this.definition, at));
    this.act({ type: "move", from: at, to }, { focus: "card" });
    const holder = at.length === 2 ? this.label(model.node(this.definition, [to[0]])) : "";
    const number = to[to.length - 1] + 1;
    this.say(holder ? t("moved_to", { label, holder, number }) : t("moved", { label, number }));
  }

  copy(at) {
    if (at.length) {
      const label = this.label(model.node(this.definition, at));
      this.made({ type: "copy", at, taken: this.takenAt(at), suffix: this.page.palette.copy }, { say: t("copied", { label }), focus: "card" });
    }
  }

  /* Asks first where something else would break, where answers exist or where much would go. */
  remove(at) {
    const found = model.node(this.definition, at);
    if (!at.length || !found) {
      return;
    }
    const inner = at.length === 1 ? model.children(found) : [];
    const kept = at.length === 1 ? inner.map((field, index) => at.concat(index)) : [at].concat(model.children(found).map((field, index) => at.concat(index)));
    if (kept.some((place) => this.core(place))) {
      this.set({ dialog: { name: "core", at } });
      return;
    }
    const paths = at.length === 1 ? inner.map((field) => field.key) : [model.pathOf(this.definition, at)];
    const going = at.length === 1 ? (rule) => rule.at[0] === at[0] && rule.at.length > 0 : () => false;
    const uses = [].concat(...paths.map((path) => usesOf(this.definition, path))).filter((rule) => !going(rule));
    const online = at.length === 1 ? inner.some((field, index) => this.published([at[0], index])) : this.published(at);
    if (uses.length || online || inner.length || (found.fields && found.fields.length)) {
      this.set({ dialog: { name: "remove", at, uses, online, count: model.children(found).length } });
    } else {
      this.removeNow(at);
    }
  }

  removeNow(at) {
    const label = this.label(model.node(this.definition, at));
    this.state = Object.assign({}, this.state, { dialog: null });
    this.act({ type: "remove", at }, { say: t("removed", { label }), focus: "card" });
  }

  /* Fields of this or an earlier version that the draft no longer has, as they were published last. */
  get retired() {
    const here = new Set();
    model.walk(this.definition, (field, at, path) => here.add(path));
    const known = Object.assign({}, this.page.retired, this.page.published);
    return Object.keys(known)
      .filter((path) => !here.has(path) && (path.indexOf(".") < 0 || here.has(path.slice(0, path.lastIndexOf(".")))))
      .map((path) => ({ path, field: known[path], online: Object.prototype.hasOwnProperty.call(this.page.published, path) }));
  }

  restore(path) {
    const dot = path.lastIndexOf(".");
    const owner = dot < 0 ? null : model.placeOf(this.definition, path.slice(0, dot));
    const last = model.sections(this.definition).length - 1;
    const at = owner
      ? owner.concat(model.children(model.node(this.definition, owner)).length)
      : this.at.length === 2 ? [this.at[0], this.at[1] + 1] : [Math.max(0, last), model.children(model.sections(this.definition)[last]).length];
    const node = JSON.parse(JSON.stringify(this.page.published[path] || this.page.retired[path]));
    this.act({ type: "add", at, node }, { say: t("restored", { label: this.label(node) }), focus: "card" });
  }

  /* Another type keeps what it has a use for. */
  retype(at, name) {
    const found = model.node(this.definition, at);
    const [type, former] = [this.types.get(name), this.types.get(found.type)];
    const values = { type: name };
    const uses = new Set(type.uses);
    ["compute", "options", "codelist", "option_filter", "form", "required", "required_when", "readonly", "readonly_for", "checks", "default", "prefill", "class", "mask", "unit", "fields"].forEach((attribute) => {
      if (!uses.has(attribute) && found[attribute] !== undefined) {
        values[attribute] = null;
      }
    });
    const settings = new Set(type.settings.map((setting) => setting.name));
    (former ? former.settings : []).forEach((setting) => {
      if (!settings.has(setting.name) && found[setting.name] !== undefined) {
        values[setting.name] = null;
      }
    });
    if (found.default !== undefined) {
      values.default = null;
    }
    const fresh = this.fresh(name, at);
    ["class", "options", "form"].forEach((attribute) => {
      if (fresh[attribute] && !found[attribute] && !(attribute === "options" && found.codelist)) {
        values[attribute] = fresh[attribute];
      }
    });
    if (name === "subtable") {
      values.fields = found.fields || [];
    }
    this.act({ type: "patch", at, values });
  }
}
