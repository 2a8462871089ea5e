/* The real entry page over the draft, in a frame, as wide as a computer or a phone. */
import { Icon, html, t, useState } from "./ui.js";

export function Preview({ store }) {
  const [width, setWidth] = useState("computer");
  const button = (name, icon) => html`<button type="button" class="btn btn-outline-secondary" aria-pressed=${width === name ? "true" : "false"} onClick=${() => setWidth(name)}><${Icon} name=${icon} /> ${t(`width_${name}`)}</button>`;
  return html`<div class="preview">
    <div class="preview-bar" role="group" aria-label=${t("preview_width")}>${button("computer", "laptop")} ${button("phone", "phone")}</div>
    <iframe class=${`preview-frame preview-frame--${width}`} title=${t("preview")} src=${store.page.preview}></iframe>
  </div>`;
}
