/* The right side: what is selected, under 基本 · 校验 · 显示逻辑 · 高级. What a type offers comes from the server. */
import { Check, Choice, Choices, LabelInputs, Row, TextInput } from "./controls.js";
import { Formula } from "./formula.js";
import { children, labelPart, labelText, node, pathOf, withText } from "./model.js";
import { Options } from "./options.js";
import { grouped } from "./palette.js";
import { usesOf } from "./references.js";
import { Rule } from "./conditions_view.js";
import { ruleSentence } from "./words.js";
import { Icon, html, t, useId, useState } from "./ui.js";

const TABS = ["basic", "checks", "logic", "more"];
/* Settings that only the entry page draws; they stand under 高级. */
const WIDTHS = ["", "half", "full"];

export function Properties({ store, definition, at, tab, known, marks }) {
  const found = node(definition, at);
  if (at.length === 0) {
    return html`<div class="properties"><h2 class="prop-head">${t("form_properties")}</h2><${FormProps} store=${store} definition=${definition} /></div>`;
  }
  const path = pathOf(definition, at);
  const kind = at.length === 1 ? t("section") : store.typeLabel(found.type);
  const wrong = marks.length ? html`<ul class="prop-issues">${marks.map((mark) => html`<li class=${`mark--${mark.level}`}><${Icon} name="exclamation-triangle" /> ${mark.message}</li>`)}</ul>` : null;
  if (at.length === 1) {
    return html`<div class="properties" key=${`section:${at[0]}`}><h2 class="prop-head">${t("section_properties")}</h2>${wrong}<${SectionProps} store=${store} at=${at} section=${found} known=${known} /></div>`;
  }
  const type = store.types.get(found.type) || { uses: [], settings: [], stores: true };
  const shown = { basic: Basic, checks: Checks, logic: Logic, more: More }[tab];
  const keys = (event) => {
    const step = { ArrowRight: 1, ArrowLeft: TABS.length - 1 }[event.key];
    if (step) {
      event.preventDefault();
      const next = TABS[(TABS.indexOf(tab) + step) % TABS.length];
      store.set({ tab: next });
      store.want({ selector: `#tab-${next}` });
      store.set({});
    }
  };
  return html`<div class="properties">
    <h2 class="prop-head">${t("field_properties", { kind })}</h2>
    <div class="prop-tabs" role="tablist" aria-label=${t("properties")} onKeyDown=${keys}>
      ${TABS.map((name) => html`<button type="button" key=${name} role="tab" id=${`tab-${name}`} class="prop-tab" aria-selected=${name === tab ? "true" : "false"} aria-controls="prop-panel" tabindex=${name === tab ? "0" : "-1"} onClick=${() => store.set({ tab: name })}>${t(`tab_${name}`)}</button>`)}
    </div>
    ${wrong}
    <div role="tabpanel" id="prop-panel" aria-labelledby=${`tab-${tab}`} key=${`${store.idOf(path)}:${tab}`}>
      <${shown} store=${store} at=${at} field=${found} type=${type} path=${path} known=${known} definition=${definition} />
    </div>
  </div>`;
}

function FormProps({ store, definition }) {
  const missing = store.state.issues.warnings.filter((issue) => issue.code === "english").length;
  return html`<${LabelInputs} store=${store} at=${[]} name="title" value=${definition.title} label=${t("form_title")} />
    <${LabelInputs} store=${store} at=${[]} name="help" value=${definition.help} label=${t("form_help")} multiline=${true} />
    <p class="meta">${t("form_key")} <code>${definition.key}</code></p>
    ${missing ? html`<p class="meta">${t("english_missing", { count: missing })}</p>` : null}`;
}

function SectionProps({ store, at, section, known }) {
  const rule = { at, name: "visible_when", text: String(section.visible_when || ""), table: "", path: "" };
  return html`<${LabelInputs} store=${store} at=${at} name="title" value=${section.title} label=${t("section_title")} />
    <${Rule} store=${store} known=${known} rule=${rule} label=${t("section_visible_when")} hint=${t("always_visible")} write=${(text) => store.patch(at, { visible_when: text || null }, `${at}:visible_when`)} />
    <p class="meta">${t("key")} <code>${section.key}</code></p>`;
}

function Basic({ store, at, field, type, known, path, definition }) {
  const column = at.length === 3;
  const { language } = store.page;
  const types = grouped(store.page, (one) => !column || one.name !== "subtable").map(({ group, types: list }) => ({ group: labelText(group.label, language), choices: list.map((one) => ({ value: one.name, label: labelText(one.label, language) })) }));
  const retype = (name) => {
    if (store.core(at)) {
      store.set({ dialog: { name: "core", at } });
    } else if (store.published(at)) {
      store.set({ dialog: { name: "retype", at, type: name } });
    } else {
      store.retype(at, name);
    }
  };
  const has = (name) => type.uses.indexOf(name) >= 0;
  const forms = [{ value: "", label: t("choose_form") }].concat(store.page.forms.map((form) => ({ value: form.key, label: labelText(form.title, language) })));
  const compute = { at, name: "compute", text: String(field.compute || ""), table: column ? path.split(".")[0] : "", path };
  return html`<${LabelInputs} store=${store} at=${at} name="label" value=${field.label} label=${t("label")} />
    <${Choice} name="type" label=${t("type")} value=${field.type} choices=${types} help=${labelText(type.about, language)} onChoose=${retype} />
    ${has("required") ? html`<${Check} name="required" label=${t("required")} checked=${field.required} onCheck=${(on) => store.patch(at, { required: on || null })} />` : null}
    ${has("form") ? html`<${Choice} name="form" label=${t("refers_to")} value=${field.form} choices=${forms} onChoose=${(key) => store.patch(at, { form: key || null })} />` : null}
    ${has("options") ? html`<${Options} store=${store} at=${at} field=${field} />` : null}
    ${has("compute") ? html`<fieldset class="prop" data-prop="compute"><legend class="form-label">${t("formula")}</legend><${Formula} store=${store} known=${known} rule=${compute} label=${t("formula")} write=${(text) => store.patch(at, { compute: text || null }, `${at}:compute`)} /></fieldset>` : null}
    ${has("fields") ? html`<p class="form-text">${t("columns_hint")}</p>` : null}
    <${LabelInputs} store=${store} at=${at} name="help" value=${field.help} label=${t("help")} multiline=${true} />
    ${has("unit") ? html`<${LabelInputs} store=${store} at=${at} name="unit" value=${field.unit} label=${t("unit")} />` : null}`;
}

/* The setting of a type, by its kind. */
function Setting({ store, at, field, setting, definition }) {
  const value = field[setting.name];
  const label = labelText(setting.label, store.page.language);
  const group = `${at}:${setting.name}`;
  const fallback = setting.default === null || setting.default === undefined ? "" : t("default_is", { value: setting.default });
  const write = (found) => store.patch(at, { [setting.name]: found }, group);
  if (setting.kind === "bool") {
    return html`<${Check} name=${setting.name} label=${label} checked=${value === undefined || value === null ? setting.default : value} onCheck=${(on) => write(on === Boolean(setting.default) ? null : on)} />`;
  }
  if (setting.kind === "label") {
    return html`<${LabelInputs} store=${store} at=${at} name=${setting.name} value=${value} label=${label} />`;
  }
  if (setting.kind === "codelist" || setting.choices.length) {
    const choices = setting.choices.length ? setting.choices.map((one) => ({ value: one, label: t(`choice_${one}`) })) : Object.keys(store.page.code_lists).map((key) => ({ value: key, label: labelText(store.page.code_lists[key].title, store.page.language) || key }));
    return html`<${Choice} name=${setting.name} label=${label} value=${value} choices=${[{ value: "", label: t("none") }].concat(choices)} onChoose=${(one) => write(one || null)} />`;
  }
  if (setting.name === "fixed_rows") {
    const choices = children(field).map((column) => ({ value: column.key, label: store.label(column) }));
    return html`<${Choice} name=${setting.name} label=${label} value=${value} choices=${[{ value: "", label: t("none") }].concat(choices)} onChoose=${(one) => write(one || null)} />`;
  }
  const columns = setting.name === "totals" || setting.name === "unique_columns";
  if (setting.kind === "list" && columns) {
    const choices = children(field).map((column) => ({ value: column.key, label: store.label(column) }));
    return choices.length ? html`<${Choices} name=${setting.name} label=${label} value=${value} choices=${choices} onChoose=${(list) => store.patch(at, { [setting.name]: list.length ? list : null })} />` : null;
  }
  if (setting.kind === "list") {
    return html`<${TextInput} store=${store} name=${setting.name} label=${label} value=${(value || []).join("、")} help=${t("list_help")} onText=${(text) => { const list = text.split(/[、,，;；\s]+/).filter((one) => one); write(list.length ? list : null); }} />`;
  }
  const number = setting.kind === "integer" || setting.kind === "number";
  const limits = number && (setting.least !== null || setting.most !== null) ? t("limits", { least: setting.least === null ? "" : setting.least, most: setting.most === null ? "" : setting.most }) : "";
  const typed = (text) => {
    const plain = text.trim().normalize("NFKC");
    write(plain === "" ? null : setting.kind === "integer" && /^-?\d{1,15}$/.test(plain) ? Number(plain) : plain);
  };
  return html`<${TextInput} store=${store} name=${setting.name} label=${label} value=${value === undefined || value === null ? "" : String(value)} inputmode=${number ? "decimal" : null} help=${[fallback, limits].filter((one) => one).join(" ")} onText=${number ? typed : (text) => write(text || null)} />`;
}

function Checks({ store, at, field, type, path, known, definition }) {
  const settings = type.settings;
  const checks = Array.isArray(field.checks) ? field.checks : [];
  const table = at.length === 3 ? path.split(".")[0] : "";
  const put = (index, values, group) => {
    const twin = Object.assign({}, checks[index], values);
    if (twin.level === "error") {
      delete twin.level;
    }
    store.patch(at, { checks: checks.map((check, number) => (number === index ? twin : check)) }, group);
  };
  const add = () => {
    store.want({ selector: `[data-check="${checks.length}"] [data-add-row]` });
    store.patch(at, { checks: checks.concat([{ expression: "", message: { zh: store.page.palette.new_message } }]) });
  };
  const drop = (index) => {
    const left = checks.filter((check, number) => number !== index);
    store.patch(at, { checks: left.length ? left : null });
  };
  return html`${settings.map((setting) => html`<${Setting} key=${setting.name} store=${store} at=${at} field=${field} setting=${setting} definition=${definition} />`)}
    ${type.uses.indexOf("checks") >= 0 ? html`<h3 class="prop-sub">${t("checks")}</h3>
      <p class="form-text">${t("checks_hint")}</p>
      ${checks.map((check, index) => html`<div class="check-card" key=${index} data-check=${index} role="group" aria-label=${t("check_number", { number: index + 1 })}>
        <${Rule} store=${store} known=${known} own=${true} label=${t("check_number", { number: index + 1 })} rule=${{ at, name: "checks", index, text: String(check.expression || ""), table, path }} write=${(text) => put(index, { expression: text }, `${at}:check:${index}`)} />
        <${TextInput} store=${store} name=${`message_${index}`} label=${t("message")} value=${labelPart(check.message, "zh")} lang="zh-CN" onText=${(text) => put(index, { message: withText(check.message, "zh", text) || "" }, `${at}:message:${index}`)} />
        <${TextInput} store=${store} name=${`message_${index}_en`} label=${t("in_english", { label: t("message") })} value=${labelPart(check.message, "en")} lang="en" onText=${(text) => put(index, { message: withText(check.message, "en", text) || "" }, `${at}:message_en:${index}`)} />
        <${Choice} name=${`level_${index}`} label=${t("level")} value=${check.level || "error"} choices=${["error", "warning"].map((value) => ({ value, label: t(`level_${value}`) }))} onChoose=${(level) => put(index, { level })} />
        <button type="button" class="btn btn-link btn-sm" onClick=${() => drop(index)}>${t("remove_check")}</button>
      </div>`)}
      <button type="button" class="btn btn-outline-secondary btn-sm" onClick=${add}><${Icon} name="plus-lg" /> ${t("add_check")}</button>` : null}
    ${settings.length || type.uses.indexOf("checks") >= 0 ? null : html`<p class="meta">${t("nothing_here")}</p>`}`;
}

function Logic({ store, at, field, type, path, known, definition }) {
  const table = at.length === 3 ? path.split(".")[0] : "";
  const rule = (name) => ({ at, name, text: field[name] === undefined || field[name] === null ? "" : String(field[name]), table, path });
  const write = (name) => (text) => store.patch(at, { [name]: text || null }, `${at}:${name}`);
  const filter = rule("option_filter");
  const uses = usesOf(definition, path);
  return html`<${Rule} store=${store} known=${known} rule=${rule("visible_when")} label=${t("visible_when")} hint=${t("always_visible")} write=${write("visible_when")} />
    ${type.uses.indexOf("required_when") >= 0 ? html`<${Rule} store=${store} known=${known} rule=${rule("required_when")} label=${t("required_when")} hint=${field.required ? t("always_required") : t("never_required")} write=${write("required_when")} />` : null}
    ${type.uses.indexOf("option_filter") >= 0 ? html`<fieldset class="prop" data-prop="option_filter"><legend class="form-label">${t("option_filter")}</legend><p class="form-text">${t("option_filter_hint")}</p><${Formula} store=${store} known=${known} rule=${filter} label=${t("option_filter")} write=${write("option_filter")} /></fieldset>` : null}
    <h3 class="prop-sub">${t("who_refers")}</h3>
    ${uses.length ? html`<${Uses} store=${store} uses=${uses} known=${known} />` : html`<p class="meta">${t("nobody_refers")}</p>`}`;
}

/* Rules that name something, each a way to its place. */
export function Uses({ store, uses, known }) {
  const tab = { visible_when: "logic", required_when: "logic", option_filter: "logic", checks: "checks", compute: "basic", prefill: "more" };
  return html`<ul class="uses">${uses.map((rule, index) => html`<li key=${index}>
    <button type="button" class="btn btn-link btn-sm use" onClick=${() => { store.set({ dialog: null }); store.select(rule.at, { tab: tab[rule.name] || "basic", focus: "card", pane: "canvas" }); }}>${rule.at.length ? store.label(node(store.definition, rule.at)) : t("form_properties")}</button>
    <span class="meta">${rule.text ? ruleSentence(rule, known) : t(`use_${rule.name}`)}</span>
  </li>`)}</ul>`;
}

function More({ store, at, field, type, path, known }) {
  const has = (name) => type.uses.indexOf(name) >= 0;
  const table = at.length === 3 ? path.split(".")[0] : "";
  const { page } = store;
  return html`<${Key} store=${store} at=${at} field=${field} />
    ${has("class") ? html`<${Choice} name="class" label=${t("class")} value=${field.class} choices=${[{ value: "", label: t(at.length === 3 ? "class_of_table" : "choose_class") }].concat(page.palette.classes.map((value) => ({ value, label: t(`class_${value}`) })))} onChoose=${(value) => store.patch(at, { class: value || null })} />
      <${Seen} store=${store} field=${field} />` : null}
    ${has("mask") ? html`<${Choice} name="mask" label=${t("mask")} value=${field.mask} choices=${[{ value: "", label: t("mask_whole") }].concat(page.palette.masks.map((value) => ({ value, label: t(`mask_${value}`) })))} onChoose=${(value) => store.patch(at, { mask: value || null })} />` : null}
    ${has("default") ? html`<${Default} store=${store} at=${at} field=${field} type=${type} known=${known} />` : null}
    ${has("prefill") ? html`<fieldset class="prop" data-prop="prefill"><legend class="form-label">${t("prefill")}</legend><${Formula} store=${store} known=${known} rule=${{ at, name: "prefill", text: String(field.prefill || ""), table, path }} label=${t("prefill")} write=${(text) => store.patch(at, { prefill: text || null }, `${at}:prefill`)} /></fieldset>` : null}
    ${has("readonly") ? html`<${Check} name="readonly" label=${t("readonly")} checked=${field.readonly} onCheck=${(on) => store.patch(at, { readonly: on || null })} />` : null}
    ${has("readonly_for") && page.roles.length ? html`<${Choices} name="readonly_for" label=${t("readonly_for")} value=${field.readonly_for} choices=${page.roles.map((role) => ({ value: role.key, label: labelText(role.name, page.language) }))} onChoose=${(list) => store.patch(at, { readonly_for: list.length ? list : null })} />` : null}
    <${Choice} name="width" label=${t("width")} value=${field.width} choices=${WIDTHS.map((value) => ({ value, label: t(`width_${value || "auto"}`) }))} onChoose=${(value) => store.patch(at, { width: value || null })} />`;
}

/* A key is for ever once it is published; before that it may change with everything that names it. */
function Key({ store, at, field }) {
  const [text, setText] = useState(null);
  const online = store.published(at);
  const write = () => {
    if (text !== null && text !== field.key) {
      store.act({ type: "rekey", at, key: text });
    }
    setText(null);
  };
  const id = useId("prop-key");
  return html`<${Row} label=${t("key")} id=${id} help=${t(online ? "key_fixed" : "key_help")}>
    <input class="form-control" id=${id} type="text" data-prop="key" readonly=${online} value=${text === null ? field.key : text} aria-describedby=${`${id}-help`} autocomplete="off" spellcheck=${false}
      onInput=${(event) => setText(event.target.value)} onChange=${write} onKeyDown=${(event) => { if (event.key === "Enter") { write(); } }} />
  </${Row}>`;
}

/* Who sees the field: roles by how their grants show its class. */
function Seen({ store, field }) {
  const rows = store.page.seen[field.class || "internal"] || [];
  return rows.length ? html`<details class="prop"><summary>${t("who_sees")}</summary><dl class="seen">${rows.map((row) => html`<div key=${row.mode}><dt>${t(`mode_${row.mode}`)}</dt><dd>${row.roles.map((role) => labelText(role, store.page.language)).join(t("comma"))}</dd></div>`)}</dl></details>` : null;
}

function Default({ store, at, field, type, known }) {
  const value = field.default;
  const label = t("default");
  if (type.rule_type === "bool") {
    return html`<${Choice} name="default" label=${label} value=${value === true ? "true" : value === false ? "false" : ""} choices=${["", "true", "false"].map((one) => ({ value: one, label: one ? t(one === "true" ? "yes" : "no") : t("none") }))} onChoose=${(one) => store.patch(at, { default: one === "" ? null : one === "true" })} />`;
  }
  const options = type.has_options ? known.options(field).filter((option) => !option.retired) : [];
  if (options.length && type.rule_type !== "multiselect") {
    return html`<${Choice} name="default" label=${label} value=${value} choices=${[{ value: "", label: t("none") }].concat(options.map((option) => ({ value: option.code, label: labelText(option.label || option, store.page.language) || option.code })))} onChoose=${(one) => store.patch(at, { default: one || null })} />`;
  }
  if (options.length) {
    return html`<${Choices} name="default" label=${label} value=${value} choices=${options.map((option) => ({ value: option.code, label: labelText(option.label || option, store.page.language) || option.code }))} onChoose=${(list) => store.patch(at, { default: list.length ? list : null })} />`;
  }
  return html`<${TextInput} store=${store} name="default" label=${label} value=${value === undefined || value === null ? "" : String(value)} onText=${(text) => store.patch(at, { default: text === "" ? null : type.rule_type === "integer" && /^-?\d{1,15}$/.test(text) ? Number(text) : text }, `${at}:default`)} />`;
}
