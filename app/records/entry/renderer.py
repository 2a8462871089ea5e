"""The entry page: one renderer for add, edit, preview and print, and the reader of what it posts.

In a view::

    page = entry_page(compiled, answers, context=context, urls=Urls(action=…, draft=…, files=…, lookup=…),
                      mode="edit", lang=lang, record=RecordHead(id, serial, state_label, tone, lock_version),
                      problems=problems, notes=notes, masked=view.masked, hidden=view.hidden,
                      references=references, files=files)
    return self.render_template("records/entry.html", page=page)

    raw = read_post(compiled, request.form)          # raw answers, only of fields that were on the page
    do = action_of(request.form)                     # Action("save" | "submit" | "add-row" | "remove-row" | "copy-row")
    for upload in uploads_of(definition, request.form, request.files):  # plain file inputs, without JavaScript
        attach(raw, upload, store(actor, form_key, upload.path, upload.file.stream, upload.file.filename).id)
    if do.changes_rows:                              # without JavaScript: the same page again, nothing saved
        answers, _ = compiled.clean(change_rows(definition, {**stored, **raw}, do), context=context)

    lock_version, raw = parse_draft(compiled, request.get_json())        # autosave, POST …/draft/<id, or "new">
    return draft_reply(saved, edit_url, lang)
    return draft_conflict(definition, conflicts, lock_version, lang), 409

After a refused submit show the posted answers: ``{**stored, **cleaned}``. A reference is posted with the label the
browser showed (``{"id", "label"}``): the service must read the label itself.
``urls`` has the keys of :class:`Urls`. Conflicts of a refused save (``{"field", "mine", "theirs"}``) go to
``entry_page(conflicts=…)``, which shows both values; the form then carries the new lock version.
"""

from __future__ import annotations

from app.records.entry.model import Conflict, EntryPage, NewVersion, NoteView, RecordHead, Urls, Whose
from app.records.entry.page import entry_page
from app.records.entry.post import (
    Action,
    Upload,
    action_of,
    attach,
    change_rows,
    drawn_with,
    parse_draft,
    posted_lock,
    uploads_of,
)
from app.records.entry.reply import draft_conflict, draft_reply

__all__ = [
    "Action",
    "Conflict",
    "EntryPage",
    "NewVersion",
    "NoteView",
    "RecordHead",
    "Upload",
    "Urls",
    "Whose",
    "action_of",
    "attach",
    "change_rows",
    "draft_conflict",
    "draft_reply",
    "drawn_with",
    "entry_page",
    "parse_draft",
    "posted_lock",
    "uploads_of",
]
