/* A rule as rows of field, operator and value, with the sentence that it makes; or as a formula. */
import { BARE, LISTED, operatorsOf, read, textOf } from "./conditions.js";
import { labelText } from "./model.js";
import { Formula } from "./formula.js";
import { optionText, plainRule, sound } from "./words.js";
import { Icon, html, t, useId, useRef, useState } from "./ui.js";

const DATES = { date: "date", month: "month", datetime: "datetime-local" };

/* Which names a rule at *path* may choose: columns of its own row, then fields of the record. */
function namesAt(store, known, path, own) {
  const table = path.indexOf(".") < 0 ? "" : path.slice(0, path.indexOf("."));
  const found = [];
  const usable = (field) => { const type = store.types.get(field.type); return type && type.stores; };
  const columns = new Set();
  known.fields.forEach((field, name) => {
    if (table && name.startsWith(`${table}.`) && (own || name !== path) && usable(field)) {
      columns.add(field.key);
      found.push({ name: field.key, path: name, field });
    }
  });
  known.fields.forEach((field, name) => {
    if (name.indexOf(".") < 0 && name !== table && (own || name !== path) && usable(field)) {
      found.push({ name: columns.has(name) ? `parent.${name}` : name, path: name, field });
    }
  });
  return found;
}

/*
 * rule: {at, name, text, table, path}; write(text) takes the new text, "" for none.
 * own: whether the rule may speak of its own field (a check does).
 */
export function Rule({ store, known, rule, own, label, hint, write }) {
  const text = rule.text;
  const [shape, setShape] = useState(null);
  const condition = text ? read(text) : { match: "all", rows: [] };
  const choices = namesAt(store, known, rule.path, own);
  const fits = condition !== null && sound(condition, rule.table, known) && condition.rows.every((row) => (row.rows || [row]).every((one) => !one.field || choices.some((choice) => choice.name === one.field) || known.field(one.field, rule.table) === null));
  const formula = shape === "formula" || !fits;
  const id = useId("rule");
  return html`<fieldset class="prop rule" data-prop=${rule.name}><legend class="form-label">${label}</legend>
    ${formula
      ? html`<${Formula} store=${store} known=${known} rule=${rule} label=${label} write=${write} />`
      : html`<${Rows} key=${`${rule.at.join(".")}:${rule.name}:${rule.index}`} store=${store} known=${known} rule=${rule} text=${text} start=${condition} choices=${choices} write=${write} />`}
    ${text && !formula ? html`<p class="rule-sentence" id=${id}>${t(`rule_${rule.name}`, { rule: plainRule(text, rule.table, known) })}</p>` : null}
    ${!text && hint ? html`<p class="form-text">${hint}</p>` : null}
    ${fits ? html`<button type="button" class="btn btn-link btn-sm" onClick=${() => setShape(formula ? "rows" : "formula")}>${t(formula ? "as_rows" : "as_formula")}</button>` : html`<p class="form-text">${t("only_formula")}</p>`}
    ${text && formula ? html`<button type="button" class="btn btn-link btn-sm" onClick=${() => { setShape(null); write(""); }}>${t("remove_rule")}</button>` : null}
  </fieldset>`;
}

/* Rows that do not say enough yet live here alone; what is complete goes into the rule. */
function Rows({ store, known, rule, text, start, choices, write }) {
  // No state of Preact's: it would be drawn a moment before the rule's new text, and the row in between be gone.
  const local = useRef({ text, condition: start });
  const condition = local.current.text === text ? local.current.condition : start;
  const kindOf = (name) => {
    const choice = choices.find((one) => one.name === name);
    const type = choice && store.types.get(choice.field.type);
    return type ? type.rule_type : "text";
  };
  const change = (next) => {
    const written = next.rows.length ? textOf(next, kindOf) : "";
    local.current = { text: written, condition: next };
    if (written === text) {
      store.set({});
    } else {
      write(written);
    }
  };
  return html`<${Group} store=${store} known=${known} rule=${rule} group=${condition} depth=${0} choices=${choices} kindOf=${kindOf} change=${change} />`;
}

function Group({ store, known, rule, group, depth, line, choices, kindOf, change }) {
  const id = useId("match");
  const put = (index, row) => change(Object.assign({}, group, { rows: group.rows.map((one, number) => (number === index ? row : one)) }));
  const drop = (index) => {
    const rows = group.rows.filter((one, number) => number !== index);
    change(Object.assign({}, group, { rows }));
    store.want({ selector: `[data-prop="${rule.name}"] [data-add-row]` });
  };
  const add = (row) => {
    store.want({ selector: `#${id}-rows > [data-line="${group.rows.length + 1}"] select` });
    change(Object.assign({}, group, { rows: group.rows.concat([row]) }));
    store.set({});
  };
  const blank = () => ({ field: "", operator: "eq", values: [""], other: "" });
  return html`<div class=${depth ? "condition-group" : ""} id=${`${id}-rows`} data-line=${line || null}>
    ${group.rows.length > 1 ? html`<label class="visually-hidden" for=${id}>${t("match")}</label>
      <select class="form-select mb-2" id=${id} value=${group.match} onChange=${(event) => change(Object.assign({}, group, { match: event.target.value }))}>
        <option value="all" selected=${group.match === "all"}>${t("match_all")}</option><option value="any" selected=${group.match === "any"}>${t("match_any")}</option>
      </select>` : null}
    ${group.rows.map((row, index) => (row.rows
      ? html`<${Group} key=${index} store=${store} known=${known} rule=${rule} group=${row} depth=${1} line=${index + 1} choices=${choices} kindOf=${kindOf} change=${(next) => (next.rows.length ? put(index, next) : drop(index))} />`
      : html`<${Line} key=${index} store=${store} known=${known} rule=${rule} row=${row} number=${index + 1} choices=${choices} kindOf=${kindOf} put=${(next) => put(index, next)} drop=${() => drop(index)} />`))}
    <button type="button" class="btn btn-outline-secondary btn-sm" data-add-row onClick=${() => add(blank())}><${Icon} name="plus-lg" /> ${t("add_condition")}</button>
    ${depth === 0 && group.rows.length ? html` <button type="button" class="btn btn-link btn-sm" onClick=${() => add({ match: group.match === "all" ? "any" : "all", rows: [blank(), blank()] })}>${t("add_group")}</button>` : null}
  </div>`;
}

function Line({ store, known, rule, row, number, choices, kindOf, put, drop }) {
  const choice = choices.find((one) => one.name === row.field);
  const type = choice ? store.types.get(choice.field.type) : null;
  const operators = choice ? operatorsOf(type.rule_type, type.has_options) : [row.operator];
  const shown = operators.indexOf(row.operator) >= 0 ? operators : operators.concat(row.operator);
  const choose = (name) => {
    const next = choices.find((one) => one.name === name);
    const nextType = next ? store.types.get(next.field.type) : null;
    const fitting = next ? operatorsOf(nextType.rule_type, nextType.has_options) : ["eq"];
    put({ field: name, operator: fitting[0], values: [""], other: "" });
  };
  const operate = (operator) => put(Object.assign({}, row, { truth: false, operator, values: BARE.has(operator) ? [] : LISTED.has(operator) ? row.values : [row.values[0] || ""], other: BARE.has(operator) || LISTED.has(operator) ? "" : row.other }));
  const gone = row.field && !choice;
  return html`<div class="condition" role="group" data-line=${number} aria-label=${t("condition_number", { number })}>
    <select class="form-select" aria-label=${t("condition_field", { number })} onChange=${(event) => choose(event.target.value)}>
      <option value="" selected=${!row.field}>${t("choose_field")}</option>
      ${gone ? html`<option value=${row.field} selected>${t("gone", { name: row.field })}</option>` : null}
      ${choices.map((one) => html`<option key=${one.name} value=${one.name} selected=${one.name === row.field}>${labelText(one.field.label, store.page.language) || one.name}</option>`)}
    </select>
    <select class="form-select" aria-label=${t("condition_operator", { number })} onChange=${(event) => operate(event.target.value)}>
      ${shown.map((one) => html`<option key=${one} value=${one} selected=${one === row.operator}>${t(`operator_${one}`)}</option>`)}
    </select>
    ${BARE.has(row.operator) || !row.field ? null : html`<${Value} store=${store} known=${known} rule=${rule} row=${row} number=${number} field=${choice && choice.field} type=${type} choices=${choices} kindOf=${kindOf} put=${put} />`}
    <button type="button" class="btn btn-link btn-sm" aria-label=${t("remove_condition_number", { number })} onClick=${drop}>${t("remove_condition")}</button>
  </div>`;
}

function Value({ store, known, row, number, field, type, choices, kindOf, put }) {
  const language = store.page.language;
  const label = t("condition_value", { number });
  const set = (values, other = "") => put(Object.assign({}, row, { truth: false, values, other }));
  const kind = type ? type.rule_type : "text";
  if (LISTED.has(row.operator)) {
    const options = field ? known.options(field) : [];
    return html`<select class="form-select" multiple size="4" aria-label=${label} onChange=${(event) => set(Array.from(event.target.selectedOptions, (option) => option.value))}>
      ${options.map((option) => html`<option key=${option.code} value=${option.code} selected=${row.values.indexOf(option.code) >= 0}>${optionText(option, language)}</option>`)}
    </select>`;
  }
  if (kind === "bool") {
    return html`<select class="form-select" aria-label=${label} onChange=${(event) => set([event.target.value])}>
      <option value="" selected=${!row.values[0]}>${t("choose_value")}</option>
      ${["true", "false"].map((value) => html`<option key=${value} value=${value} selected=${row.values[0] === value}>${t(value === "true" ? "yes" : "no")}</option>`)}
    </select>`;
  }
  const options = field && type.has_options ? known.options(field) : [];
  const alike = choices.filter((one) => one.name !== row.field && kindOf(one.name) === kind);
  const value = row.values[0] || "";
  const dated = kind === "date";
  if (options.length) {
    const missing = value && !options.some((option) => option.code === value);
    return html`<select class="form-select" aria-label=${label} onChange=${(event) => set([event.target.value])}>
      <option value="" selected=${!value}>${t("choose_value")}</option>
      ${missing ? html`<option value=${value} selected>${value}</option>` : null}
      ${options.map((option) => html`<option key=${option.code} value=${option.code} selected=${option.code === value}>${optionText(option, language)}</option>`)}
    </select>`;
  }
  return html`${row.other
    ? null
    : html`<input class="form-control" type=${DATES[kind] || "text"} inputmode=${["integer", "decimal", "money", "percent", "rating"].indexOf(kind) >= 0 ? "decimal" : null} aria-label=${label} value=${value} autocomplete="off" onInput=${(event) => set([event.target.value])} onBlur=${() => store.endGroup()} />`}
    ${alike.length || dated ? html`<select class="form-select" aria-label=${t("condition_other", { number })} onChange=${(event) => set(event.target.value ? [] : [""], event.target.value)}>
      <option value="" selected=${!row.other}>${t("typed_value")}</option>
      ${dated ? html`<option value="_today" selected=${row.other === "_today"}>${t("variable_today")}</option>` : null}
      ${alike.map((one) => html`<option key=${one.name} value=${one.name} selected=${row.other === one.name}>${t("as_field", { label: labelText(one.field.label, language) || one.name })}</option>`)}
    </select>` : null}`;
}
