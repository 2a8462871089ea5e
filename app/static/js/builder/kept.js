/* The offer to take up work that was never saved. */
import { Icon, html, t } from "./ui.js";

function moment(time, language) {
  return new Date(time).toLocaleString(language === "en" ? "en-GB" : "zh-CN", { month: "numeric", day: "numeric", hour: "2-digit", minute: "2-digit" });
}

export function Kept({ store, entry }) {
  return html`<section class="alert alert-warning kept" aria-labelledby="kept-title">
    <h2 class="h6 plain" id="kept-title"><${Icon} name="clock-history" /> ${t("kept_title", { time: moment(entry.time, store.page.language) })}</h2>
    <p>${t("kept_text")}</p>
    <button type="button" class="btn btn-primary btn-sm" data-do="take-up" onClick=${() => store.takeUp(entry)}>${t("kept_take")}</button>${" "}
    <button type="button" class="btn btn-outline-secondary btn-sm" data-do="drop-kept" onClick=${() => store.dropKept(entry)}>${t("kept_drop")}</button>
  </section>`;
}
