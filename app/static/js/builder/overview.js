/* All rules of the form in one list: what each does, at which field, and which fields it reads. */
import { node, placeOf } from "./model.js";
import { names, pathsOf, resolve, rules } from "./references.js";
import { ruleSentence } from "./words.js";
import { html, t } from "./ui.js";
import { Modal } from "./modal.js";

const TAB = { visible_when: "logic", required_when: "logic", option_filter: "logic", checks: "checks", compute: "basic", prefill: "more" };

export function Overview({ store, known, close }) {
  const all = rules(store.definition);
  const paths = pathsOf(store.definition);
  const go = (at, tab) => {
    store.set({ dialog: null });
    store.select(at, { tab, focus: "card", pane: "canvas" });
  };
  const reads = (rule) => {
    const found = new Map();
    names(rule.text, rule.table).forEach((name) => {
      const path = resolve(name.value, name.table, paths);
      if (path !== null && path !== rule.path) {
        found.set(path, placeOf(store.definition, path));
      }
    });
    return Array.from(found.values());
  };
  const link = (at, tab) => html`<button type="button" class="btn btn-link btn-sm use" onClick=${() => go(at, tab)}>${at.length ? store.label(node(store.definition, at)) : t("form_properties")}</button>`;
  return html`<${Modal} title=${t("overview_title", { count: all.length })} wide=${true} onClose=${close}>
    ${all.length ? html`<table class="table cards"><thead><tr><th scope="col">${t("at_field")}</th><th scope="col">${t("rule")}</th><th scope="col">${t("reads")}</th></tr></thead><tbody>
      ${all.map((rule, index) => html`<tr key=${index}><th scope="row" data-label=${t("at_field")}>${link(rule.at, TAB[rule.name] || "basic")}</th><td data-label=${t("rule")}>${ruleSentence(rule, known)}</td><td data-label=${t("reads")}>${reads(rule).map((at) => link(at, "logic"))}</td></tr>`)}
    </tbody></table>` : html`<p>${t("no_rules")}</p>`}
  </${Modal}>`;
}
