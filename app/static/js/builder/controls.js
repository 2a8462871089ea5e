/* Inputs of the properties: each has a name, a label, and is one step of undo while somebody types into it. */
import { labelPart, withText } from "./model.js";
import { html, t, useId } from "./ui.js";

/* A label with its control. *name* is by which issues and shortcuts find it. */
export function Row({ label, help, id, children }) {
  return html`<div class="prop"><label class="form-label" for=${id}>${label}</label>${children}${help ? html`<p class="form-text" id=${`${id}-help`}>${help}</p>` : null}</div>`;
}

export function TextInput({ store, name, label, value, help, onText, multiline, lang, readonly, inputmode, list }) {
  const id = useId(`prop-${name}`);
  const common = {
    id,
    class: "form-control",
    "data-prop": name,
    value: value || "",
    lang: lang || null,
    readonly: readonly || false,
    "aria-describedby": help ? `${id}-help` : null,
    onInput: (event) => onText(event.target.value),
    onBlur: () => store.endGroup(),
  };
  return html`<${Row} label=${label} help=${help} id=${id}>
    ${multiline ? html`<textarea ...${common} rows="2"></textarea>` : html`<input ...${common} type="text" inputmode=${inputmode || null} list=${list || null} autocomplete="off" />`}
  </${Row}>`;
}

/* Chinese and English side by side. */
export function LabelInputs({ store, at, name, value, label, multiline }) {
  const typed = (part) => (text) => store.patch(at, { [name]: withText(value, part, text) }, `${at.join(".")}:${name}:${part}`);
  return html`<${TextInput} store=${store} name=${name} label=${label} value=${labelPart(value, "zh")} multiline=${multiline} lang="zh-CN" onText=${typed("zh")} />
    <${TextInput} store=${store} name=${`${name}_en`} label=${t("in_english", { label })} value=${labelPart(value, "en")} multiline=${multiline} lang="en" onText=${typed("en")} />`;
}

export function Check({ name, label, checked, help, onCheck }) {
  const id = useId(`prop-${name}`);
  return html`<div class="prop form-check">
    <input class="form-check-input" type="checkbox" id=${id} data-prop=${name} checked=${Boolean(checked)} aria-describedby=${help ? `${id}-help` : null} onChange=${(event) => onCheck(event.target.checked)} />
    <label class="form-check-label" for=${id}>${label}</label>
    ${help ? html`<p class="form-text" id=${`${id}-help`}>${help}</p>` : null}
  </div>`;
}

/* choices: [{value, label}] or [{group, choices}]. */
export function Choice({ name, label, value, choices, help, hidden, onChoose }) {
  const id = useId(`prop-${name}`);
  const option = (one) => html`<option key=${one.value} value=${one.value} selected=${one.value === (value || "")}>${one.label}</option>`;
  const select = html`<select class="form-select" id=${id} data-prop=${name} aria-label=${hidden ? label : null} aria-describedby=${help ? `${id}-help` : null} onChange=${(event) => onChoose(event.target.value)}>
    ${choices.map((one) => (one.choices ? html`<optgroup key=${one.group} label=${one.group}>${one.choices.map(option)}</optgroup>` : option(one)))}
  </select>`;
  return hidden ? select : html`<${Row} label=${label} help=${help} id=${id}>${select}</${Row}>`;
}

/* Several of a few. */
export function Choices({ name, label, value, choices, help, onChoose }) {
  const chosen = Array.isArray(value) ? value : [];
  const toggle = (one, checked) => onChoose(choices.map((item) => item.value).filter((item) => (item === one ? checked : chosen.indexOf(item) >= 0)));
  return html`<fieldset class="prop" data-prop=${name}><legend class="form-label">${label}</legend>
    ${choices.map((one) => html`<${Check} key=${one.value} name=${`${name}-${one.value}`} label=${one.label} checked=${chosen.indexOf(one.value) >= 0} onCheck=${(checked) => toggle(one.value, checked)} />`)}
    ${help ? html`<p class="form-text">${help}</p>` : null}
  </fieldset>`;
}
