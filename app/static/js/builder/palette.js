/* The left side: what can be added, and the form in outline. */
import { children, labelText, same, sections } from "./model.js";
import { Icon, html, memo, t, useEffect, useRef } from "./ui.js";
import { dragFrom } from "./dragging.js";
import { RetiredOutline } from "./retired.js";

const ICONS = { text: "input-cursor-text", number: "123", choice: "ui-radios", time: "calendar3", identity: "person-badge", relation: "link-45deg", file: "paperclip", computed: "calculator", layout: "info-circle" };
const OWN = { multiselect: "check2-square", bool: "toggle-on", subtable: "table", textarea: "textarea-resize", tree: "diagram-3", region: "building", phone: "phone" };

export function iconOf(type) {
  return type ? OWN[type.name] || ICONS[type.group] || "ui-checks-grid" : "question-circle";
}

/* The types under their headings; *wanted* filters. */
export function grouped(page, wanted = () => true) {
  return page.palette.groups
    .map((group) => ({ group, types: page.palette.types.filter((type) => type.group === group.name && wanted(type)) }))
    .filter(({ types }) => types.length);
}

export const Palette = memo(function Palette({ store }) {
  const { page } = store;
  return html`<div class="palette">
    <p class="meta">${t("palette_hint")}</p>
    ${grouped(page).map(({ group, types }) => html`<${Group} key=${group.name} store=${store} group=${group} types=${types} />`)}
  </div>`;
});

function Group({ store, group, types }) {
  const list = useRef(null);
  useEffect(() => dragFrom(list.current), []);
  const language = store.page.language;
  const id = `palette-${group.name}`;
  return html`<h2 class="palette-head" id=${id}>${labelText(group.label, language)}</h2>
    <ul class="palette-list" aria-labelledby=${id} ref=${list}>
      ${types.map((type) => html`<li key=${type.name} data-type=${type.name}>
        <button type="button" class="palette-item" title=${labelText(type.about, language)} onClick=${() => store.add(type.name)}>
          <${Icon} name=${iconOf(type)} /><span>${labelText(type.label, language)}</span>
        </button>
      </li>`)}
    </ul>`;
}

export function Outline({ store, definition, at, retired }) {
  const entry = (item, place, inner) => html`<li key=${`${item.key}-${place.join(".")}`}>
    <button type="button" class="outline-item" aria-current=${same(place, at) ? "true" : null} onClick=${() => store.select(place, { focus: "card", pane: "canvas" })}>
      <span>${store.label(item)}</span> ${item.key ? html`<code>${item.key}</code>` : null}
    </button>
    ${inner}
  </li>`;
  return html`<nav class="outline" aria-label=${t("outline")}>
    <button type="button" class="outline-item outline-form" aria-current=${at.length === 0 ? "true" : null} onClick=${() => store.select([], { focus: { input: "title" }, pane: "properties" })}>${labelText(definition.title, store.page.language)}</button>
    <ol>${sections(definition).map((section, s) => entry(section, [s], html`<ol>
      ${children(section).map((field, f) => entry(field, [s, f], children(field).length
        ? html`<ol>${children(field).map((column, c) => entry(column, [s, f, c], null))}</ol>` : null))}
    </ol>`))}</ol>
    <${RetiredOutline} store=${store} retired=${retired} />
  </nav>`;
}
