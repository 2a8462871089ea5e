/* The options of a field: typed, pasted from a spreadsheet, put in order, retired; or a code list of the house. */
import { labelText } from "./model.js";
import { Choice } from "./controls.js";
import { Icon, html, t, useId, useState } from "./ui.js";

/* Lines of a spreadsheet or a list as options: "code<tab>name<tab>English", "name<tab>English" or "name". */
export function pasted(text, taken) {
  const used = new Set(taken);
  const fresh = () => {
    for (let number = 1; ; number += 1) {
      if (!used.has(String(number))) {
        return String(number);
      }
    }
  };
  return text.split(/\r?\n/).map((line) => line.split("\t").map((cell) => cell.trim())).filter((cells) => cells.some((cell) => cell)).map((cells) => {
    const coded = cells.length > 1 && /^[A-Za-z0-9_.-]{1,24}$/.test(cells[0]) && !used.has(cells[0]) && /[^\x00-\x7f]/.test(cells[1]);
    const [code, zh, en] = coded ? cells : [fresh(), cells[0], cells[1]];
    used.add(code);
    return en ? { code, zh, en } : { code, zh };
  });
}

export function Options({ store, at, field }) {
  const lists = store.page.code_lists;
  const choices = [{ value: "", label: t("own_options") }].concat(Object.keys(lists).map((key) => ({ value: key, label: `${labelText(lists[key].title, store.page.language) || key} (${key})` })));
  const choose = (key) => store.patch(at, key ? { codelist: key, options: null } : { codelist: null, options: [] });
  return html`<${Choice} name="codelist" label=${t("options_from")} value=${field.codelist || ""} choices=${choices} onChoose=${choose} />
    <p class="form-text"><a href=${store.page.lists}>${t("edit_lists")}</a></p>
    ${field.codelist ? html`<${Shown} store=${store} list=${lists[field.codelist]} />` : html`<${Own} store=${store} at=${at} field=${field} />`}`;
}

function Shown({ store, list }) {
  const items = (list && list.items) || [];
  return html`<ul class="option-preview">${items.slice(0, 8).map((item) => html`<li key=${item.code}><code>${item.code}</code> ${labelText(item.label || item, store.page.language)}</li>`)}</ul>
    ${items.length > 8 ? html`<p class="meta">${t("and_more", { count: items.length - 8 })}</p>` : null}`;
}

function Own({ store, at, field }) {
  const options = field.options || [];
  const id = useId("options");
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const write = (list, group) => store.patch(at, { options: list }, group || null);
  const before = store.published(at) ? store.page.published_options[pathIn(store, at)] || [] : [];
  const change = (index, name, value) => write(
    options.map((option, number) => {
      if (number !== index) {
        return option;
      }
      const twin = Object.assign({}, option, { [name]: value });
      if (!value && name === "en") {
        delete twin.en;
      }
      return twin;
    }),
    `${at.join(".")}:option:${index}:${name}`
  );
  const move = (index, step) => {
    const list = options.slice();
    const [moved] = list.splice(index, 1);
    list.splice(index + step, 0, moved);
    write(list);
    store.want({ selector: `[data-option="${index + step}"] [data-step="${step}"]` });
  };
  const drop = (index) => write(
    before.indexOf(options[index].code) >= 0
      ? options.map((option, number) => (number === index ? toggled(option) : option))
      : options.filter((option, number) => number !== index)
  );
  const codes = options.map((option) => option.code);
  const add = () => {
    const [option] = pasted("?", codes);
    write(options.concat([Object.assign({}, option, { zh: store.page.palette.new_option.replace("{number}", option.code) })]));
    store.want({ selector: `[data-option="${options.length}"] [data-part="zh"]` });
  };
  const take = () => {
    write(options.concat(pasted(text, codes)));
    setText("");
    setOpen(false);
  };
  return html`<fieldset class="prop" data-prop="options"><legend class="form-label">${t("options")}</legend>
    <ol class="option-list">
      ${options.map((option, index) => html`<${OptionRow} key=${index} store=${store} option=${option} index=${index} last=${options.length - 1} online=${before.indexOf(option.code) >= 0} change=${change} move=${move} drop=${drop} />`)}
    </ol>
    <button type="button" class="btn btn-outline-secondary btn-sm" onClick=${add}><${Icon} name="plus-lg" /> ${t("add_option")}</button>${" "}
    <button type="button" class="btn btn-outline-secondary btn-sm" aria-expanded=${open ? "true" : "false"} onClick=${() => setOpen(!open)}>${t("paste_options")}</button>
    ${open ? html`<div class="mt-2"><label class="form-label" for=${id}>${t("paste_label")}</label>
      <textarea class="form-control" id=${id} rows="5" value=${text} aria-describedby=${`${id}-help`} onInput=${(event) => setText(event.target.value)}></textarea>
      <p class="form-text" id=${`${id}-help`}>${t("paste_help")}</p>
      <button type="button" class="btn btn-primary btn-sm" disabled=${!text.trim()} onClick=${take}>${t("take_over")}</button></div>` : null}
  </fieldset>`;
}

function pathIn(store, at) {
  const names = at.length === 3 ? [store.node(at.slice(0, 2)).key, store.node(at).key] : [store.node(at).key];
  return names.join(".");
}

function toggled(option) {
  const twin = Object.assign({}, option, { retired: true });
  if (option.retired) {
    delete twin.retired;
  }
  return twin;
}

function OptionRow({ store, option, index, last, online, change, move, drop }) {
  const number = index + 1;
  const input = (part, value, name, readonly) => html`<input class="form-control form-control-sm" type="text" data-part=${part} value=${value || ""} readonly=${readonly} aria-label=${t(name, { number })} lang=${part === "zh" ? "zh-CN" : part === "en" ? "en" : null} autocomplete="off" onInput=${(event) => change(index, part, event.target.value)} onBlur=${() => store.endGroup()} />`;
  const label = typeof option.label === "string" ? option.label : (option.label && option.label.zh) || "";
  const icon = online ? (option.retired ? "arrow-counterclockwise" : "slash-circle") : "trash";
  const action = t(online ? (option.retired ? "restore" : "retire") : "delete");
  return html`<li data-option=${index} class=${option.retired ? "option--retired" : ""}>
    <span class="option-inputs">${input("code", option.code, "option_code", online)}${input("zh", option.zh || label, "option_zh", false)}${input("en", option.en, "option_en", false)}</span>
    <span class="option-tools">
      ${option.retired ? html`<span class="badge text-bg-secondary">${t("retired")}</span>` : null}
      <button type="button" class="card-tool" data-step="-1" disabled=${index === 0} aria-label=${t("option_up", { number })} onClick=${() => move(index, -1)}><${Icon} name="arrow-up" /></button>
      <button type="button" class="card-tool" data-step="1" disabled=${index === last} aria-label=${t("option_down", { number })} onClick=${() => move(index, 1)}><${Icon} name="arrow-down" /></button>
      <button type="button" class="card-tool" aria-label=${t("option_action", { action, number })} title=${action} onClick=${() => drop(index)}><${Icon} name=${icon} /></button>
    </span>
  </li>`;
}
