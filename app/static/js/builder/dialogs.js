/* What the dialogs of the canvas say and ask. */
import { labelText, node } from "./model.js";
import { grouped, iconOf } from "./palette.js";
import { Uses } from "./properties.js";
import { Overview } from "./overview.js";
import { Modal } from "./modal.js";
import { Icon, has, html, t, useId, useState } from "./ui.js";

export function Dialog({ store, dialog, known }) {
  const close = () => store.set({ dialog: null });
  const shown = { add: Add, remove: Remove, retype: Retype, keys: Keys, conflicts: Conflicts, core: Core, overview: Overview };
  return html`<${shown[dialog.name]} store=${store} dialog=${dialog} known=${known} close=${close} />`;
}

/* Choosing a type for a place. */
function Add({ store, dialog, close }) {
  const [text, setText] = useState("");
  const id = useId("find");
  const language = store.page.language;
  const column = dialog.at.length === 3;
  const wanted = (type) => (!column || type.name !== "subtable") && `${labelText(type.label, "zh")} ${labelText(type.label, "en")} ${type.name}`.toLowerCase().indexOf(text.trim().toLowerCase()) >= 0;
  const found = grouped(store.page, wanted);
  const take = (name) => {
    // The dialog would give the focus back to the button that opened it.
    store.add(name, dialog.at);
  };
  const enter = (event) => {
    if (event.key === "Enter" && found.length) {
      event.preventDefault();
      take(found[0].types[0].name);
    }
  };
  return html`<${Modal} title=${t(column ? "add_column" : "add_field")} onClose=${close}>
    <label class="form-label" for=${id}>${t("find_type")}</label>
    <input class="form-control mb-2" id=${id} type="text" data-first autocomplete="off" value=${text} onInput=${(event) => setText(event.target.value)} onKeyDown=${enter} />
    ${found.map(({ group, types }) => html`<div key=${group.name}><h3 class="palette-head">${labelText(group.label, language)}</h3><ul class="palette-list">
      ${types.map((type) => html`<li key=${type.name}><button type="button" class="palette-item" data-add=${type.name} onClick=${() => take(type.name)}><${Icon} name=${iconOf(type)} /><span>${labelText(type.label, language)}</span></button></li>`)}
    </ul></div>`)}
    ${found.length ? null : html`<p class="meta">${t("no_type")}</p>`}
  </${Modal}>`;
}

function Remove({ store, dialog, known, close }) {
  const found = node(store.definition, dialog.at);
  const label = store.label(found);
  const action = t(dialog.online && dialog.at.length > 1 ? "retire" : "delete");
  const actions = html`<button type="button" class="btn btn-outline-secondary" data-first onClick=${close}>${t("cancel")}</button>
    <button type="button" class="btn btn-danger" data-confirm onClick=${() => store.removeNow(dialog.at)}>${action}</button>`;
  return html`<${Modal} title=${t("remove_title", { action, label })} onClose=${close} actions=${actions}>
    ${dialog.online ? html`<p>${t("retire_text")}</p>` : null}
    ${dialog.count ? html`<p>${t("remove_inner", { count: dialog.count })}</p>` : null}
    ${dialog.uses.length ? html`<p>${t("remove_uses", { count: dialog.uses.length })}</p><${Uses} store=${store} uses=${dialog.uses} known=${known} />` : null}
  </${Modal}>`;
}

/* Why something stays. */
function Core({ store, dialog, close }) {
  const label = store.label(node(store.definition, dialog.at));
  return html`<${Modal} title=${t("core_title", { label })} onClose=${close}><p>${t("core_text")}</p></${Modal}>`;
}

function Retype({ store, dialog, close }) {
  const found = node(store.definition, dialog.at);
  const take = () => {
    store.set({ dialog: null });
    store.retype(dialog.at, dialog.type);
  };
  const actions = html`<button type="button" class="btn btn-outline-secondary" data-first onClick=${close}>${t("cancel")}</button>
    <button type="button" class="btn btn-danger" data-confirm onClick=${take}>${t("change_type")}</button>`;
  return html`<${Modal} title=${t("retype_title", { label: store.label(found) })} onClose=${close} actions=${actions}>
    <p>${t("retype_text", { from: store.typeLabel(found.type), to: store.typeLabel(dialog.type) })}</p>
  </${Modal}>`;
}

const KEYS = ["up_down", "enter", "escape", "alt_up", "alt_n", "ctrl_d", "delete", "ctrl_z", "ctrl_y", "ctrl_s", "question"];

function Keys({ close }) {
  return html`<${Modal} title=${t("keys_title")} onClose=${close}>
    <dl class="keys">${KEYS.map((key) => html`<div key=${key}><dt><kbd>${t(`key_${key}`)}</kbd></dt><dd>${t(`does_${key}`)}</dd></div>`)}</dl>
  </${Modal}>`;
}

/* What two administrators changed differently: one choice for each. */
function Conflicts({ store, dialog }) {
  const [choices, setChoices] = useState(dialog.conflicts.map(() => ""));
  const undecided = choices.some((choice) => !choice);
  const take = () => {
    store.set({ dialog: null });
    dialog.decide(choices);
  };
  const actions = html`<button type="button" class="btn btn-primary" disabled=${undecided} onClick=${take}>${t("go_on")}</button>`;
  return html`<${Modal} title=${t("conflict_title")} wide=${true} onClose=${() => store.say(t("conflict_text"))} actions=${actions}>
    <p>${t("conflict_text")}</p>
    ${dialog.conflicts.map((conflict, index) => html`<fieldset class="conflict" key=${index}><legend>${conflictName(store, conflict)}</legend>
      ${["mine", "theirs"].map((side) => html`<label class="conflict-side" key=${side}><input type="radio" class="form-check-input" name=${`conflict-${index}`} data-first=${index === 0 && side === "mine" ? "" : null} value=${side} checked=${choices[index] === side} onChange=${() => setChoices(choices.map((choice, number) => (number === index ? side : choice)))} />
        <strong>${t(side)}</strong> <span>${shownValue(store, conflict[side])}</span></label>`)}
    </fieldset>`)}
  </${Modal}>`;
}

function conflictName(store, conflict) {
  const path = conflict.path.replace(/^#/, "");
  const at = path ? store.place(path) : [];
  const label = !at ? path : at.length ? store.label(node(store.definition, at)) : t("form_properties");
  return conflict.name && conflict.name !== "*" ? t("conflict_name", { label, name: attributeName(store, conflict.name) }) : label;
}

/* Attributes that are called otherwise on screen than in a definition. */
const CALLED = { title: "section_title", codelist: "options_from", compute: "formula", form: "refers_to" };

function attributeName(store, name) {
  const settings = [].concat(...store.page.palette.types.map((type) => type.settings));
  const setting = settings.find((one) => one.name === name);
  const key = CALLED[name] || name;
  return setting ? labelText(setting.label, store.page.language) : has(key) ? t(key) : name;
}

function shownValue(store, value) {
  if (value === null || value === undefined) {
    return t("nothing");
  }
  if (typeof value === "boolean") {
    return t(value ? "yes" : "no");
  }
  if (typeof value === "object" && !Array.isArray(value)) {
    return labelText(value, store.page.language) || labelText(value.label, store.page.language) || JSON.stringify(value);
  }
  return Array.isArray(value) ? value.map((one) => (typeof one === "string" ? one : labelText(one.label || one.message || one, store.page.language) || one.code || "")).join(t("comma")) : String(value);
}
