/* The bar above: where one is, whether it is saved, what is wrong, what can be done with the whole. */
import { labelPart, labelText } from "./model.js";
import { issuePlace } from "./words.js";
import { Icon, html, t, useEffect, useRef, useState } from "./ui.js";

const SAVED = { saved: "cloud-check", waiting: "cloud-check", saving: "cloud-check", offline: "cloud-slash", refused: "exclamation-triangle", expired: "exclamation-triangle", asking: "exclamation-triangle" };

/* States in which one may want to try again at once. */
const RETRIED = new Set(["offline", "refused", "expired"]);

export function TopBar({ store, state }) {
  const { page } = store;
  const { history, issues, save } = state;
  const title = store.definition.title;
  return html`<header class="canvas-bar">
    <a class="card-tool" href=${page.back} aria-label=${t("back")} title=${t("back")}><${Icon} name="arrow-left" /></a>
    <h1 class="canvas-title" lang=${page.language === "en" && !labelPart(title, "en") ? "zh-CN" : null}>${labelText(title, page.language) || page.form}</h1>
    <span class="badge text-bg-light canvas-version">${page.version ? t("versions", { no: page.version }) : t("never_published")}</span>
    <span class=${`save-state save-state--${save.name}`} data-save-state=${save.name}><${Icon} name=${SAVED[save.name]} /> <span>${t(`save_${save.name}`, save)}</span>
      ${save.name === "expired" ? html` <a href="/login/" target="_blank" rel="noopener">${t("sign_in")}</a>` : null}
      ${RETRIED.has(save.name) ? html` <button type="button" class="btn btn-link btn-sm" data-do="retry" onClick=${() => store.saveNow()}>${t("retry")}</button>` : null}</span>
    <span class="canvas-actions">
      <button type="button" class="btn btn-outline-secondary" disabled=${!history.past.length} aria-label=${t("undo")} title=${t("undo")} data-do="undo" onClick=${() => store.undo()}><${Icon} name="arrow-counterclockwise" /></button>
      <button type="button" class="btn btn-outline-secondary" disabled=${!history.future.length} aria-label=${t("redo")} title=${t("redo")} data-do="redo" onClick=${() => store.redo()}><${Icon} name="arrow-clockwise" /></button>
      <button type="button" class="btn btn-outline-secondary" aria-label=${t("keys_title")} title=${t("keys_title")} data-do="keys" onClick=${() => store.set({ dialog: { name: "keys" } })}><${Icon} name="keyboard" /></button>
      <button type="button" class="btn btn-outline-secondary" data-do="overview" title=${t("overview")} onClick=${() => store.set({ dialog: { name: "overview" } })}><${Icon} name="lightning-charge" /> <span class="bar-text">${t("overview")}</span></button>
      <${Issues} store=${store} issues=${issues} checked=${state.checked} />
      ${page.preview ? html`<button type="button" class="btn btn-outline-secondary" data-do="preview" title=${t(state.preview ? "edit" : "preview")} aria-pressed=${state.preview ? "true" : "false"} onClick=${() => store.openPreview(!state.preview)}><${Icon} name=${state.preview ? "pencil" : "eye"} /> <span class="bar-text">${t(state.preview ? "edit" : "preview")}</span></button>` : null}
      ${page.list ? html`<a class="btn btn-outline-secondary" href=${page.list} aria-label=${t("list_editor")} title=${t("list_editor")} onClick=${(event) => store.leave(event, page.list)}><${Icon} name="list" /> <span class="bar-text">${t("list_editor")}</span></a>` : null}
      <a class="btn btn-primary" href=${page.publish} aria-label=${t("publish")} onClick=${(event) => store.leave(event, page.publish)}><${Icon} name="send" /> <span class="bar-text">${t("publish")}</span></a>
    </span>
  </header>`;
}

/* What the server's check found; each line leads to its field. */
function Issues({ store, issues, checked }) {
  const [open, setOpen] = useState(false);
  const box = useRef(null);
  const button = useRef(null);
  useEffect(() => {
    if (!open) {
      return undefined;
    }
    const outside = (event) => {
      if (!box.current.contains(event.target)) {
        setOpen(false);
      }
    };
    document.addEventListener("mousedown", outside);
    return () => document.removeEventListener("mousedown", outside);
  }, [open]);
  const { errors, warnings } = issues;
  const escape = (event) => {
    if (event.key === "Escape" && open) {
      event.stopPropagation();
      setOpen(false);
      button.current.focus();
    }
  };
  const go = (issue) => {
    const place = issuePlace(store.definition, issue);
    setOpen(false);
    store.select(place.at, { tab: place.tab, focus: place.at.length ? "card" : { input: "title" }, pane: place.at.length ? "canvas" : "properties" });
  };
  const line = (issue, level) => html`<li><button type="button" class=${`issue issue--${level}`} onClick=${() => go(issue)}><${Icon} name=${level === "error" ? "x-circle" : "exclamation-triangle"} /> <span><span class="visually-hidden">${t(level)}</span> ${where(store, issue)}${issue.message}</span></button></li>`;
  const word = !checked ? t("checking") : errors.length ? t("problems", { count: errors.length }) : warnings.length ? t("hints", { count: warnings.length }) : t("all_well");
  return html`<span class="issues" ref=${box} onKeyDown=${escape}>
    <button type="button" ref=${button} class=${`btn ${errors.length ? "btn-outline-danger" : "btn-outline-secondary"}`} data-do="issues" aria-expanded=${open ? "true" : "false"} aria-controls="issues-list" aria-label=${word} onClick=${() => setOpen(!open)}><${Icon} name=${errors.length ? "exclamation-triangle" : "check-circle"} /> <span class="bar-text">${word}</span></button>
    <div class=${`issues-list${open ? "" : " d-none"}`} id="issues-list">
      ${errors.length + warnings.length ? html`<ul>${errors.map((issue) => line(issue, "error"))}${warnings.map((issue) => line(issue, "warning"))}</ul>` : html`<p class="m-3">${t("all_well_text")}</p>`}
    </div>
  </span>`;
}

function where(store, issue) {
  const { at } = issuePlace(store.definition, issue);
  return at.length ? t("issue_at", { label: store.label(store.node(at)) }) : "";
}
