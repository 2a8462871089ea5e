/* The middle: sections with cards. A card is drawn again only when its field, its marks or its selection change. */
import { children, labelPart, labelText, sections } from "./model.js";
import { dragCards } from "./dragging.js";
import { iconOf } from "./palette.js";
import { Icon, html, memo, t, useEffect, useRef } from "./ui.js";

/* What a card says besides its field, as one text: the same text is the same card. */
function chips(field, sentences, marks) {
  const found = (sentences || []).map((rule) => html`<span class=${`chip chip--${rule.kind}`}><${Icon} name=${rule.kind === "compute" ? "calculator" : "lightning-charge"} />${rule.text}</span>`);
  (marks || []).forEach((mark) => found.push(html`<span class=${`chip chip--${mark.level}`}><${Icon} name="exclamation-triangle" />${mark.message}</span>`));
  return found.length ? html`<span class="chips">${found}</span>` : null;
}

function Tools({ store, field, online, label }) {
  const at = () => store.where(field);
  const button = (name, icon, action) => html`<button type="button" class="card-tool" title=${t(name)} aria-label=${t("for_field", { action: t(name), label })} onClick=${action}><${Icon} name=${icon} /></button>`;
  return html`<span class="card-tools">
    ${button("edit", "pencil", () => store.select(at(), { tab: "basic", focus: { input: field.fields && !field.type ? "title" : "label" }, pane: "properties" }))}
    ${button("move_up", "arrow-up", () => store.move(at(), -1))}
    ${button("move_down", "arrow-down", () => store.move(at(), 1))}
    ${button("copy", "copy", () => store.copy(at()))}
    ${button(online ? "retire" : "delete", online ? "slash-circle" : "trash", () => store.remove(at()))}
  </span>`;
}

export const Card = memo(function Card({ store, field, selected, near, sentences, marks, online, columns }) {
  const { language } = store.page;
  const label = labelText(field.label, language) || t("nameless");
  const unit = labelText(field.unit, language);
  const type = store.types.get(field.type);
  const at = () => store.where(field);
  const worst = (marks || []).some((mark) => mark.level === "error") ? " card--error" : "";
  return html`<li class=${`field-card${selected ? " card--selected" : ""}${worst}`} data-card>
    <div class="card-row">
      <span class="card-grip" title=${t("drag")} aria-hidden="true"><${Icon} name="grip-vertical" /></span>
      <button type="button" class="card-main" tabindex=${near ? "0" : "-1"} aria-current=${selected ? "true" : null} onClick=${() => store.select(at())}>
        <span class="card-label" lang=${language === "en" && !labelPart(field.label, "en") ? "zh-CN" : null}>${label}${field.required ? html`<span class="card-required" aria-hidden="true">＊</span><span class="visually-hidden">${t("required_mark")}</span>` : null}</span>
        <span class="card-meta"><${Icon} name=${iconOf(type)} />${store.typeLabel(field.type)}${unit ? ` (${unit})` : ""} · <code>${field.key}</code>${online ? null : html` <span class="card-new">${t("new_field")}</span>`}</span>
        ${chips(field, sentences, marks)}
      </button>
      ${selected ? html`<${Tools} store=${store} field=${field} online=${online} label=${label} />` : null}
    </div>
    ${field.type === "subtable" ? html`<${Columns} store=${store} field=${field} label=${label} columns=${columns} />` : null}
    <${Insert} store=${store} near=${selected} label=${t("insert_after", { label })} at=${() => { const place = at(); return place.slice(0, -1).concat(place[place.length - 1] + 1); }} />
  </li>`;
});

function Insert({ store, near, label, at }) {
  return html`<span class="insert"><button type="button" class="insert-button" tabindex=${near ? "0" : "-1"} aria-label=${label} title=${label} onClick=${() => store.set({ dialog: { name: "add", at: at() } })}><${Icon} name="plus-lg" /></button></span>`;
}

function Columns({ store, field, label, columns }) {
  const list = useRef(null);
  const latest = useRef(field);
  latest.current = field;
  useEffect(() => dragCards(list.current, "columns", (drop) => {
    const at = store.where(latest.current);
    if (drop.type) {
      store.add(drop.type, at.concat(drop.to));
    } else if (drop.list === drop.source) {
      store.act({ type: "move", from: at.concat(drop.from), to: at.concat(drop.to) });
    } else {
      store.say(t("columns_stay"));
    }
  }), []);
  const end = () => { const at = store.where(field); return at.concat(children(field).length); };
  return html`<ol class="columns" ref=${list} aria-label=${t("columns_of", { label })}>
    ${(columns || []).map((column) => html`<${Card} key=${column.id} store=${store} field=${column.field} selected=${column.selected} near=${column.near} sentences=${column.sentences} marks=${column.marks} online=${column.online} />`)}
  </ol>
  <button type="button" class="btn btn-outline-secondary btn-sm add-column" onClick=${() => store.set({ dialog: { name: "add", at: end() } })}><${Icon} name="plus-lg" /> ${t("add_column")}</button>`;
}

/* Texts under which marks and sentences of a card stay the same objects while they say the same. */
const kept = new Map();

function keep(value) {
  if (!value || !value.length) {
    return null;
  }
  const text = JSON.stringify(value);
  if (!kept.has(text)) {
    if (kept.size > 5000) {
      kept.clear();
    }
    kept.set(text, value);
  }
  return kept.get(text);
}

export const Section = memo(function Section({ store, section, index, selected, cards, sentences, marks }) {
  const { language } = store.page;
  const list = useRef(null);
  const latest = useRef(section);
  latest.current = section;
  useEffect(() => dragCards(list.current, "fields", (drop) => {
    const s = store.where(latest.current)[0];
    if (drop.type) {
      store.add(drop.type, [s, drop.to]);
      return;
    }
    const from = Number(drop.source.getAttribute("data-section"));
    store.act({ type: "move", from: [from, drop.from], to: [s, drop.to] });
  }), []);
  const label = labelText(section.title, language) || section.key || t("nameless");
  const id = `section-${index}`;
  return html`<section class=${`card canvas-section${selected ? " card--selected" : ""}`} aria-labelledby=${id}>
    <div class="section-head">
      <h2 class="plain"><button type="button" class="section-main" id=${id} aria-current=${selected ? "true" : null} onClick=${() => store.select(store.where(section))}>${label}</button></h2>
      ${chips(section, sentences, marks)}
      ${selected ? html`<${Tools} store=${store} field=${section} online=${false} label=${label} />` : null}
    </div>
    <${Insert} store=${store} near=${true} label=${t("insert_first", { label })} at=${() => store.where(section).concat(0)} />
    <ol class="card-list" ref=${list} data-section=${index} aria-label=${label}>
      ${cards.map((card) => html`<${Card} key=${card.id} store=${store} field=${card.field} selected=${card.selected} near=${card.near} sentences=${card.sentences} marks=${card.marks} online=${card.online} columns=${card.columns} />`)}
    </ol>
    ${cards.length ? null : html`<p class="meta section-empty">${t("empty_section")}</p>`}
  </section>`;
});

/* What the cards need, gathered once per drawing: fields, selection, sentences, marks. */
export function cardsOf(store, rulesAt, marksAt) {
  const selected = store.selected;
  const first = store.at.length < 2;
  const ids = (list, owner) => {
    const seen = new Map();
    return list.map((item) => {
      const id = store.idOf(owner + item.key);
      const number = (seen.get(id) || 0) + 1;
      seen.set(id, number);
      return `${id}/${number}`;
    });
  };
  const card = (field, at, id, near) => ({
    id,
    field,
    selected: field === selected,
    near: field === selected || near,
    sentences: keep(rulesAt(at)),
    marks: keep(marksAt(at)),
    online: store.published(at),
  });
  const heads = ids(sections(store.definition), "#");
  return sections(store.definition).map((section, s) => {
    const fields = children(section);
    const names = ids(fields, "");
    return {
      section,
      id: heads[s],
      selected: section === selected,
      sentences: keep(rulesAt([s])),
      marks: keep(marksAt([s])),
      cards: fields.map((field, f) => {
        const found = card(field, [s, f], names[f], first && f === 0);
        if (field.type === "subtable") {
          const inner = ids(children(field), `${field.key}.`);
          found.columns = keepColumns(field, children(field).map((column, c) => card(column, [s, f, c], inner[c], false)));
        }
        return found;
      }),
    };
  });
}

const columnsKept = new WeakMap();

function keepColumns(field, columns) {
  const before = columnsKept.get(field);
  const alike = before && before.every((one, index) => Object.keys(one).every((key) => one[key] === columns[index][key]));
  if (!alike) {
    columnsKept.set(field, columns);
  }
  return alike ? before : columns;
}
