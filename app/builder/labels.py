"""What the screens of forms call classes of fields and changes of forms."""

from __future__ import annotations

from flask_babel import lazy_gettext

CLASSES = {
    "public": lazy_gettext("公开"),
    "internal": lazy_gettext("内部"),
    "personal": lazy_gettext("个人信息"),
    "secret": lazy_gettext("敏感"),
}

#: How grave a change is.
CHANGES = {
    "first": lazy_gettext("首次发布"),
    "cosmetic": lazy_gettext("文字调整"),
    "additive": lazy_gettext("新增内容"),
    "tightening": lazy_gettext("收紧要求"),
    "structural": lazy_gettext("结构变化"),
}

#: What has changed; what is not named here is called simply changed.
KINDS = {
    "field_added": lazy_gettext("新增字段"),
    "field_retired": lazy_gettext("停用字段"),
    "type_changed": lazy_gettext("改变类型"),
    "required_changed": lazy_gettext("改变是否必填"),
    "class_changed": lazy_gettext("改变密级"),
    "mask_changed": lazy_gettext("改变脱敏方式"),
    "reference_changed": lazy_gettext("改变引用的表单"),
    "readonly_changed": lazy_gettext("改变是否只读"),
    "option_filter_changed": lazy_gettext("改变选项过滤"),
    "option_added": lazy_gettext("新增选项"),
    "option_retired": lazy_gettext("停用选项"),
    "checks_changed": lazy_gettext("改变校验"),
    "visibility_changed": lazy_gettext("改变显示条件"),
    "formula_changed": lazy_gettext("改变计算公式"),
    "settings_changed": lazy_gettext("改变设置"),
    "label_changed": lazy_gettext("改变名称或说明"),
    "order_changed": lazy_gettext("改变顺序"),
    "unique_changed": lazy_gettext("改变唯一性"),
    "no_overlap_changed": lazy_gettext("改变时间不重叠的要求"),
    "workflow_changed": lazy_gettext("改变流程"),
    "fill_roles_changed": lazy_gettext("改变填报角色"),
    "published_when_changed": lazy_gettext("改变公开条件"),
    "resource_changed": lazy_gettext("改变权限资源"),
    "organization_changed": lazy_gettext("改变单位信息的来源"),
}
