/* The real entry page over the draft, in a frame, as wide as a computer or a phone, for any role. */
import { labelText } from "./model.js";
import { Icon, html, t, useState } from "./ui.js";

export function Preview({ store }) {
  const [width, setWidth] = useState("computer");
  const [role, setRole] = useState("");
  const { page } = store;
  const button = (name, icon) => html`<button type="button" class="btn btn-outline-secondary" aria-pressed=${width === name ? "true" : "false"} onClick=${() => setWidth(name)}><${Icon} name=${icon} /> ${t(`width_${name}`)}</button>`;
  return html`<div class="preview">
    <div class="preview-bar">
      <span role="group" aria-label=${t("preview_width")}>${button("computer", "laptop")} ${button("phone", "phone")}</span>
      <label for="preview-role">${t("preview_role")}</label>
      <select class="form-select" id="preview-role" onChange=${(event) => setRole(event.target.value)}>
        <option value="" selected=${!role}>${t("any_role")}</option>
        ${page.roles.map((one) => html`<option key=${one.key} value=${one.key} selected=${one.key === role}>${labelText(one.name, page.language)}</option>`)}
      </select>
      <span class="meta">${t("preview_text")}</span>
    </div>
    <iframe class=${`preview-frame preview-frame--${width}`} title=${t("preview")} src=${`${page.preview}?framed=1&role=${encodeURIComponent(role)}`}></iframe>
  </div>`;
}
