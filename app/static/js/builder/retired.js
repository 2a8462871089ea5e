/* Fields that were published and are not in the draft: what they are, and the way back. */
import { html, t } from "./ui.js";

function List({ store, retired }) {
  return html`<ul class="retired-list">${retired.map(({ path, field, online }) => html`<li key=${path}>
    <span>${store.label(field)} <span class="meta">${store.typeLabel(field.type)} <code>${path}</code>${online ? null : html` · ${t("retired_before")}`}</span></span>
    <button type="button" class="btn btn-link btn-sm" data-restore=${path} aria-label=${t("for_field", { action: t("restore"), label: store.label(field) })} onClick=${() => store.restore(path)}>${t("restore")}</button>
  </li>`)}</ul>`;
}

/* At the foot of the canvas. */
export function Retired({ store, retired }) {
  return retired.length ? html`<section class="card retired" aria-labelledby="retired-title"><div class="card-body">
    <h2 class="plain" id="retired-title">${t("retired_fields")}</h2><p class="meta">${t("retired_text")}</p>
    <${List} store=${store} retired=${retired} />
  </div></section>` : null;
}

/* At the foot of the outline: a group, for the landmark of this name is on the canvas. */
export function RetiredOutline({ store, retired }) {
  return retired.length ? html`<div class="retired" role="group" aria-labelledby="retired-outline">
    <h2 class="palette-head" id="retired-outline">${t("retired_fields")}</h2>
    <${List} store=${store} retired=${retired} />
  </div>` : null;
}
