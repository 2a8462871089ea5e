/* A formula with completion of fields and functions; the server says as one types whether it can be read. */
import { labelText } from "./model.js";
import { VALUED, plainRule } from "./words.js";
import { html, t, useEffect, useId, useRef, useState } from "./ui.js";

const PAUSE = 350;
const MOST = 8;

/* The word before the cursor, and what could be meant by it. */
function suggestions(store, known, rule, text, cursor) {
  const word = /[A-Za-z_\u3400-\u9fff][\w.\u3400-\u9fff]*$/.exec(text.slice(0, cursor));
  if (word === null) {
    return { start: cursor, found: [] };
  }
  const wanted = word[0].toLowerCase();
  const found = [];
  const language = store.page.language;
  const offer = (insert, label, kind) => {
    if (insert.toLowerCase().indexOf(wanted) >= 0 || label.toLowerCase().indexOf(wanted) >= 0) {
      const exact = label.toLowerCase() === wanted || insert.toLowerCase().startsWith(wanted);
      found.push({ insert, label, kind, rank: exact ? 0 : label.toLowerCase().startsWith(wanted) ? 1 : 2 });
    }
  };
  known.fields.forEach((field, path) => {
    const type = store.types.get(field.type);
    const own = rule.table && path.startsWith(`${rule.table}.`);
    if (path !== rule.path && type && type.stores) {
      offer(own ? field.key : path, labelText(field.label, language) || path, "field");
    }
  });
  store.page.palette.functions.forEach((one) => offer(`${one.name}(`, labelText(one.about, language), "function"));
  return { start: word.index, found: found.sort((one, other) => one.rank - other.rank).slice(0, MOST).filter((one) => one.insert.toLowerCase() !== wanted) };
}

export function Formula({ store, known, rule, label, write }) {
  const id = useId("formula");
  const input = useRef(null);
  const [offer, setOffer] = useState({ start: 0, found: [] });
  const [active, setActive] = useState(0);
  const [answer, setAnswer] = useState(null);
  const text = rule.text;
  useEffect(() => {
    if (!text) {
      setAnswer(null);
      return undefined;
    }
    let stale = false;
    const timer = setTimeout(() => store.readFormula(rule, text).then((found) => stale || setAnswer(found)), PAUSE);
    return () => {
      stale = true;
      clearTimeout(timer);
    };
  }, [text]);
  const look = () => {
    setOffer(suggestions(store, known, rule, input.current.value, input.current.selectionStart));
    setActive(0);
  };
  const take = (one) => {
    const end = input.current.selectionStart;
    const after = text.slice(0, offer.start) + one.insert + text.slice(end);
    write(after);
    setOffer({ start: 0, found: [] });
    const place = offer.start + one.insert.length;
    requestAnimationFrame(() => {
      input.current.focus();
      input.current.setSelectionRange(place, place);
    });
  };
  const key = (event) => {
    const many = offer.found.length;
    if (!many || event.isComposing) {
      return;
    }
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      setActive((active + (event.key === "ArrowDown" ? 1 : many - 1)) % many);
    } else if (event.key === "Enter") {
      event.preventDefault();
      take(offer.found[active]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      event.stopPropagation();
      setOffer({ start: 0, found: [] });
    }
  };
  const wrong = answer && answer.text === text ? answer.mistakes : [];
  const said = answer && answer.text === text ? answer.sentence : "";
  const open = offer.found.length > 0;
  return html`<div class="formula">
    <textarea class=${`form-control formula-text${wrong.length ? " is-invalid" : ""}`} ref=${input} id=${id} rows="3" spellcheck=${false} autocomplete="off" value=${text}
      aria-label=${label} aria-autocomplete="list" aria-haspopup="listbox" aria-controls=${`${id}-list`} aria-activedescendant=${open ? `${id}-${active}` : null}
      aria-invalid=${wrong.length ? "true" : null} aria-describedby=${`${id}-state`}
      onInput=${(event) => { write(event.target.value); look(); }} onKeyDown=${key} onBlur=${() => { store.endGroup(); setOffer({ start: 0, found: [] }); }}></textarea>
    <ul class=${`completion${open ? "" : " d-none"}`} role="listbox" id=${`${id}-list`} aria-label=${t("completion")}>
      ${offer.found.map((one, index) => html`<li key=${one.insert} id=${`${id}-${index}`} role="option" aria-selected=${index === active ? "true" : "false"} onMouseDown=${(event) => { event.preventDefault(); take(one); }}><code>${one.insert}</code> <span>${one.label}</span></li>`)}
    </ul>
    <div id=${`${id}-state`} aria-live="polite">
      ${wrong.map((mistake) => html`<p class="formula-wrong">${t("at_character", { number: mistake.position + 1, message: mistake.message })}</p>`)}
      ${text && !wrong.length ? html`<p class="rule-sentence">${said || t(`rule_${rule.name}`, { rule: plainRule(text, rule.table, known, VALUED.has(rule.name)) })}</p>` : null}
      ${text ? null : html`<p class="form-text">${t("formula_hint")}</p>`}
    </div>
  </div>`;
}
