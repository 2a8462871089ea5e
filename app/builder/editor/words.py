"""What the pages of the editor call things."""

from __future__ import annotations

from flask_babel import gettext, lazy_gettext

#: What the kinds of rules are called.
RULES = {
    "visible_when": lazy_gettext("显示条件"),
    "required_when": lazy_gettext("必填条件"),
    "compute": lazy_gettext("计算公式"),
    "prefill": lazy_gettext("自动带出"),
    "option_filter": lazy_gettext("选项过滤"),
    "checks": lazy_gettext("校验"),
    "published_when": lazy_gettext("公开条件"),
}
#: What each of them is for.
RULE_HELP = {
    "visible_when": lazy_gettext("条件成立时才显示；没有条件就总是显示。"),
    "required_when": lazy_gettext("条件成立时必填；总是必填的字段直接勾选“必填”。"),
    "compute": lazy_gettext("由其他字段算出，填报人不用填写。"),
    "prefill": lazy_gettext("新建记录时自动填好，填报人可以修改。"),
    "option_filter": lazy_gettext("对每个选项判断一次，成立的才可选；选项的代码写作 code，上级类别写作 kind。"),
    "checks": lazy_gettext("不成立时提示填报人。涉及的字段有一个没填，就不检查。"),
    "published_when": lazy_gettext("条件成立的记录对“已公开”范围的角色可见。"),
}
MASKS = {
    "name_m": lazy_gettext("姓名：只留姓"),
    "idcard_m": lazy_gettext("证件号：留前 6 后 4 位"),
    "phone_m": lazy_gettext("手机号：留前 3 后 4 位"),
    "bank_m": lazy_gettext("银行卡：留后 4 位"),
    "addr_m": lazy_gettext("地址：留到乡镇街道"),
    "email_m": lazy_gettext("邮箱：留首字母和域名"),
    "hide": lazy_gettext("整体遮盖"),
}
CYCLES = {
    "once": lazy_gettext("一次"),
    "yearly": lazy_gettext("每年"),
    "half_year": lazy_gettext("每半年"),
    "quarterly": lazy_gettext("每季度"),
    "monthly": lazy_gettext("每月"),
    "event": lazy_gettext("有事即报"),
    "ad_hoc": lazy_gettext("不定期"),
}
KINDS = {
    "register": lazy_gettext("登记"),
    "profile": lazy_gettext("单位档案"),
    "survey": lazy_gettext("调查"),
    "event": lazy_gettext("事项"),
}
SYSTEM = {
    "_state": lazy_gettext("状态"),
    "_region": lazy_gettext("地区"),
    "_updated_at": lazy_gettext("更新时间"),
    "_submitted_at": lazy_gettext("提交时间"),
    "_created_at": lazy_gettext("创建时间"),
    "_serial": lazy_gettext("编号"),
    "_organization": lazy_gettext("单位"),
    "_organization_name": lazy_gettext("单位"),
}


def rule_title(kind: str) -> str:
    """Return what a kind of rule is called."""
    return str(RULES.get(kind) or gettext("规则"))


#: What properties of fields, sections and forms are called.
PROPERTIES = {
    "title": lazy_gettext("名称"),
    "label": lazy_gettext("名称"),
    "help": lazy_gettext("填写说明"),
    "required": lazy_gettext("必填"),
    "class": lazy_gettext("密级"),
    "mask": lazy_gettext("脱敏方式"),
    "unit": lazy_gettext("单位"),
    "default": lazy_gettext("默认值"),
    "readonly": lazy_gettext("只读"),
    "readonly_for": lazy_gettext("对这些角色只读"),
    "codelist": lazy_gettext("选项来源"),
    "options": lazy_gettext("选项"),
    "form": lazy_gettext("引用哪张表"),
    "type": lazy_gettext("类型"),
    "key": lazy_gettext("代码"),
    "width": lazy_gettext("占整行"),
    "list": lazy_gettext("列表"),
    "columns": lazy_gettext("列表的列"),
    "unique": lazy_gettext("唯一性规则"),
    "workflow": lazy_gettext("审核流程"),
    "fill_roles": lazy_gettext("谁来填"),
    "kind": lazy_gettext("类别"),
    "cycle": lazy_gettext("填报周期"),
    "serial": lazy_gettext("编号前缀"),
    "resource": lazy_gettext("权限资源"),
    "@section": lazy_gettext("所在分组"),
    "*": lazy_gettext("顺序"),
    **RULES,
}
