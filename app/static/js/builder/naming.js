/* Keys of what has just been named. What is added with a click is called as its type is, with a key to match, until
 * somebody names it; then the server makes the key from the name, as it does for every editor, once.
 */
import { apply } from "./reducer.js";
import { children, labelPart, node, pathOf, placeOf, sections, walk } from "./model.js";

const NUMBERED = /^(.+)_\d+$/;

/* The place of a section by its key alone: a field may be called the same. */
function sectionPlace(definition, key) {
  const index = sections(definition).findIndex((section) => section.key === key);
  return index < 0 ? null : [index];
}

/* settings: {store, ask(body) → Promise of {fields, sections}} */
export class Naming {
  constructor({ store, ask }) {
    this.store = store;
    this.ask = ask;
    // Path ("#key" of a section) → the name that it was made with.
    this.given = new Map();
    this.running = null;
    sections(store.definition).forEach((section, s) => this.note([s]));
    walk(store.definition, (field, at) => this.note(at));
  }

  /* Takes down what still has the name and the key that it was made with. */
  note(at) {
    const { store } = this;
    const item = node(store.definition, at);
    const found = NUMBERED.exec(item.key || "");
    const name = labelPart(at.length === 1 ? item.title : item.label, "zh");
    const type = found && at.length > 1 ? store.types.get(found[1]) : null;
    const { copy, new_section: section } = store.page.palette;
    const made = (type && type.label.zh === name) || (at.length === 1 && found && found[1] === "section" && name === section) || name.endsWith(copy.zh);
    if (found && made && !store.published(at)) {
      this.given.set(this.name(at), name);
    }
    if (at.length === 1) {
      children(item).forEach((field, f) => this.note(at.concat(f)));
    }
  }

  name(at) {
    const path = pathOf(this.store.definition, at);
    return at.length === 1 ? `#${path}` : path;
  }

  place(name, definition = this.store.definition) {
    return name[0] === "#" ? sectionPlace(definition, name.slice(1)) : placeOf(definition, name);
  }

  /* What has a name of its own by now; not what somebody is just typing, unless *all*. */
  waiting(all = false) {
    const { definition, at } = this.store;
    const typing = document.activeElement && document.activeElement.matches(".properties [data-prop=label], .properties [data-prop=title]");
    const busy = typing && !all && at.length ? this.name(at) : "";
    return Array.from(this.given.keys()).filter((name) => {
      const place = this.place(name);
      const item = place && node(definition, place);
      const label = item ? labelPart(place.length === 1 ? item.title : item.label, "zh").trim() : "";
      return name !== busy && label && label !== this.given.get(name);
    });
  }

  /* Asks for the keys that are due; a promise that is kept whether or not the server could be asked. */
  run(all = false) {
    if (this.running) {
      return this.running.then(() => this.run(all));
    }
    const names = this.waiting(all);
    if (!names.length) {
      return Promise.resolve();
    }
    const body = {
      definition: this.store.definition,
      fields: names.filter((name) => name[0] !== "#"),
      sections: names.filter((name) => name[0] === "#").map((name) => name.slice(1)),
      taken: this.store.everyPath(),
    };
    this.running = this.ask(body).then(
      (found) => {
        this.running = null;
        if (found) {
          names.forEach((name) => this.given.delete(name));
          this.take(found);
        }
      },
      () => {
        // Without a network the next save asks again.
        this.running = null;
      }
    );
    return this.running;
  }

  /* Every step of undo gets the new keys: they are no step of anybody's. Columns first: their tables are renamed after. */
  take({ fields, sections: titles }) {
    const deepest = Object.keys(fields).sort((one, other) => other.split(".").length - one.split(".").length);
    const all = deepest.map((path) => [path, fields[path]]).concat(Object.keys(titles).map((key) => [`#${key}`, titles[key]]));
    if (!all.length) {
      return;
    }
    all.forEach(([name, key]) => this.store.carryId(name, key));
    const change = (definition) => all.reduce((before, [name, key]) => {
      const at = this.place(name, before);
      return at === null ? before : apply(before, { type: "rekey", at, key }).definition;
    }, definition);
    this.store.carry(change);
    const moved = (name) => all.reduce((path, [from, key]) => (path.startsWith(`${from}.`) ? `${key}${path.slice(from.length)}` : path), name);
    this.given = new Map(Array.from(this.given, ([name, label]) => [moved(name), label]));
  }
}
