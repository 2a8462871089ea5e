/* Keeps the draft on the server: a moment after the last change, again when the network is back, merged with what
 * somebody else has saved meanwhile. Knows nothing of the page: what it needs comes in, what happens goes out.
 */
import { equal, merge } from "./merge.js";

const PAUSE = 1500;
const RETRIES = [3000, 6000, 12000, 30000];
/* A server that has not answered by then will not. */
const PATIENCE = 30000;

/*
 * settings: {address, token, lockVersion, definition,
 *   current()            the definition as it is now
 *   merged(change)       take over what *change* makes of a definition
 *   ask(conflicts)       → Promise of a function conflict → "mine"|"theirs"
 *   prepare()            → Promise, kept before the definition is sent
 *   released()           → Promise, kept once nothing is pressed or dragged
 *   state(name, detail)  waiting saving saved offline refused expired asking
 *   done()               after a save}
 */
export class Saving {
  constructor(settings) {
    this.settings = settings;
    this.saved = settings.definition;
    this.lockVersion = settings.lockVersion;
    this.token = settings.token;
    this.timer = null;
    this.running = null;
    this.failures = 0;
  }

  get dirty() {
    return this.settings.current() !== this.saved && !equal(this.settings.current(), this.saved);
  }

  /* Something has changed. */
  touch() {
    if (this.dirty) {
      this.settings.state("waiting");
      this.plan(PAUSE);
    } else if (!this.running) {
      this.settings.state("saved");
    }
  }

  plan(pause) {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.now(), pause);
  }

  /* Saves what there is to save; a promise of whether everything is on the server. */
  now() {
    clearTimeout(this.timer);
    if (this.running) {
      return this.running.then(() => (this.dirty ? this.now() : true));
    }
    if (!this.dirty) {
      return Promise.resolve(true);
    }
    this.running = this.send().then(
      (fine) => {
        this.running = null;
        return fine;
      },
      async () => {
        await this.settings.released();
        this.running = null;
        return this.failed("offline");
      }
    );
    return this.running;
  }

  failed(name, detail) {
    this.settings.state(name, detail);
    const pause = RETRIES[Math.min(this.failures, RETRIES.length - 1)];
    this.failures += 1;
    this.plan(pause);
    return false;
  }

  async send() {
    this.settings.state("saving");
    await this.settings.prepare();
    const sent = this.settings.current();
    const response = await this.request("PUT", this.settings.address, { lock_version: this.lockVersion, definition: sent });
    const answer = await response.json().catch(() => ({}));
    // What it leads to is drawn, and may make the bar higher.
    await this.settings.released();
    if (response.ok) {
      this.failures = 0;
      this.lockVersion = answer.lock_version;
      this.saved = sent;
      if (this.dirty) {
        this.touch();
      } else {
        this.settings.state("saved");
      }
      this.settings.done();
      return true;
    }
    if (response.status === 409 && answer.theirs) {
      return this.reconcile(sent, answer);
    }
    if (response.status === 401 || answer.code === "csrf") {
      await this.renew();
      return this.failed("expired");
    }
    if (response.status >= 500) {
      return this.failed("offline");
    }
    this.settings.state("refused", answer.detail || answer.title || "");
    return false;
  }

  /* Somebody else has saved: take over what he changed, ask about what both changed. */
  async reconcile(sent, answer) {
    if (equal(sent, answer.theirs)) {
      // As the last thing that an earlier opening of the page did: nothing is anybody else's, every step stays ours.
      this.saved = sent;
      this.lockVersion = answer.lock_version;
      return this.settled();
    }
    const { conflicts } = merge(this.saved, sent, answer.theirs);
    let choose = () => "mine";
    if (conflicts.length) {
      this.settings.state("asking");
      choose = await this.settings.ask(conflicts);
    }
    const base = this.saved;
    this.settings.merged((definition) => merge(base, definition, answer.theirs, choose).definition, conflicts.length);
    this.saved = answer.theirs;
    this.lockVersion = answer.lock_version;
    return this.settled();
  }

  /* What is still to be saved is, under the lock version that is known now. */
  settled() {
    if (!this.dirty) {
      this.settings.state("saved");
      this.settings.done();
      return true;
    }
    return this.send();
  }

  request(method, address, body) {
    const options = { method, credentials: "same-origin", headers: { Accept: "application/json", "Accept-Language": document.documentElement.lang } };
    const patience = new AbortController();
    options.signal = patience.signal;
    setTimeout(() => patience.abort(), PATIENCE);
    if (method !== "GET") {
      options.headers["Content-Type"] = "application/json";
      options.headers["X-CSRFToken"] = this.token;
      options.body = JSON.stringify(body || {});
    }
    return fetch(address, options);
  }

  /* After signing in anew in another window the page has another token. */
  async renew() {
    const response = await fetch(window.location.href, { credentials: "same-origin" });
    const found = new DOMParser().parseFromString(await response.text(), "text/html").querySelector("[data-canvas]");
    if (found) {
      this.token = found.getAttribute("data-token");
    }
  }
}
