/* Unsaved work beyond the page: kept by the browser from a moment after each change until the server has it, so that
 * a crash, a reload or an expired session loses nothing. A definition holds nothing personal.
 *
 * An entry is {lock, base, definition, time, closed}: what it was made from and what it is. Each opening of the page
 * writes its own, so that two windows never write over each other.
 */
import { equal } from "./merge.js";

const PAUSE = 400;
const LONGEST = 30 * 24 * 3600 * 1000;
/* An entry this young that no page has taken leave of belongs to another window that is still at work. */
const LIVING = 15000;

function storage() {
  try {
    return window.localStorage;
  } catch (error) {
    // Forbidden by the browser: work goes on without a net.
    return null;
  }
}

/* settings: {form, user, saving, current()} */
export class Journal {
  constructor({ form, user, saving, current }) {
    this.store = storage();
    this.prefix = `xqt-draft:${user}:${form}:`;
    this.name = this.prefix + Date.now().toString(36) + Math.random().toString(36).slice(2, 8);
    this.saving = saving;
    this.current = current;
    this.timer = null;
    this.written = false;
    this.closed = false;
  }

  /* Something has changed. */
  touch() {
    if (this.timer === null) {
      this.timer = setTimeout(() => this.write(), PAUSE);
    }
  }

  /* Whether this opening of the page has come to its end: another may offer what it leaves. */
  close(closed) {
    this.closed = closed;
    this.write();
  }

  write() {
    clearTimeout(this.timer);
    this.timer = null;
    if (!this.store) {
      return;
    }
    if (!this.saving.dirty) {
      this.clear();
      return;
    }
    const entry = { lock: this.saving.lockVersion, base: this.saving.saved, definition: this.current(), time: Date.now(), closed: this.closed };
    try {
      this.store.setItem(this.name, JSON.stringify(entry));
      this.written = true;
    } catch (error) {
      // Full: what is there already is worth more than nothing.
    }
  }

  clear() {
    if (this.store && this.written) {
      this.store.removeItem(this.name);
      this.written = false;
    }
  }

  drop(name) {
    if (this.store) {
      this.store.removeItem(name);
    }
  }

  /* What earlier openings of this form have left that *definition* does not have, the latest first, as {name, …entry}. */
  left(definition) {
    const found = [];
    const names = this.store ? Array.from({ length: this.store.length }, (nothing, index) => this.store.key(index)) : [];
    names.filter((name) => name && name.startsWith(this.prefix) && name !== this.name).forEach((name) => {
      const entry = this.read(name);
      const old = !entry || Date.now() - entry.time > LONGEST;
      if (old || equal(entry.definition, definition) || equal(entry.definition, entry.base)) {
        this.drop(name);
      } else if (entry.closed || Date.now() - entry.time > LIVING) {
        found.push(Object.assign({ name }, entry));
      }
    });
    return found.sort((one, other) => other.time - one.time);
  }

  read(name) {
    try {
      const entry = JSON.parse(this.store.getItem(name));
      return entry && entry.definition && entry.base ? entry : null;
    } catch (error) {
      return null;
    }
  }
}
