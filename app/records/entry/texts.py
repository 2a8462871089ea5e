"""Sentences that the entry page's script says; the catalogue translates them with the rest."""

from __future__ import annotations

from typing import Any

from flask_babel import gettext


def client_texts() -> dict[str, str]:
    """Return the texts of ``entry.js`` in the page's language; ``{x}`` is filled in by the script."""
    return {
        "saving": gettext("正在保存…"),
        "saved": gettext("已自动保存 {time}"),
        "unsaved": gettext("有未保存的修改"),
        "offline": gettext("未保存：网络断开，正在重试"),
        "failed": gettext("未保存：服务器没有接受，请点“保存草稿”"),
        "expired": gettext("登录已过期，请在新窗口登录后继续，内容不会丢失"),
        "conflict": gettext("他人已修改这份表，请选择保留哪一个"),
        "progress": gettext("必填项 {filled}/{wanted}，还差 {left} 项"),
        "complete": gettext("必填项 {filled}/{wanted}，已填完"),
        "row_added": gettext("已添加第 {row} 行"),
        "row_removed": gettext("已删除第 {row} 行"),
        "undo": gettext("撤销"),
        "uploading": gettext("正在上传 {name}（{percent}%）"),
        "uploaded": gettext("已上传 {name}"),
        "position_asked": gettext("正在获取位置……"),
        "position_found": gettext("已填入，误差约 {metres} 米"),
        "position_failed": gettext("没有取得位置，请手工填写经纬度"),
        "upload_failed": gettext("{name} 上传失败：{reason}"),
        "too_large": gettext("单个文件不超过 {size} MB"),
        "no_network": gettext("网络断开"),
        "mine": gettext("我填的"),
        "theirs": gettext("对方填的"),
        "keep_mine": gettext("保留我填的"),
        "take_theirs": gettext("采用对方填的"),
        "field": gettext("字段"),
        "no_match": gettext("没有找到"),
        "leave": gettext("还有内容没有保存，确定离开吗？"),
    }


def file_size(size: Any) -> str:
    """Return a number of bytes as people read it."""
    if not isinstance(size, int) or isinstance(size, bool):
        return ""
    return f"{size / 1024:.0f} KB" if size < 1024 * 1024 else f"{size / 1024 / 1024:.1f} MB"


def note_heading(place: str, author: str) -> str:
    """Return what stands before a reviewer's note: the field and who wrote it."""
    if place and author:
        return str(gettext("%(place)s（%(author)s）", place=place, author=author))
    return place or author
