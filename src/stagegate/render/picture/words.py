"""The few words that a picture adds to those of the process, in both languages."""

from __future__ import annotations

from datetime import timedelta

from stagegate.model import Chance
from stagegate.render.picture.text import clean

_WORDS: dict[str, tuple[str, str]] = {
    "comma": (", ", "，"),
    "activities": ("Activities", "活动"),
    "any_stage": ("any stage", "任意阶段"),
    "from": ("from", "来自"),
    "any_later": ("any later step", "后面任意一步"),
    "other_ends": ("Ends", "结局"),
    "by_command": ("at any time", "可随时结束"),
    "guarded": ("on conditions", "有条件时可结束"),
    "in_stages": ("in certain stages", "限部分阶段"),
    "buyer": ("buyer", "买方"),
    "seller": ("seller", "卖方"),
    "other": ("other", "其他方"),
    "observed": ("observed", "观察所得"),
    "earned": ("earned", "凭证据推进"),
    "manual": ("by hand", "人工推进"),
    "proposed": ("proposed", "建议"),
    "cycle": ("New round", "新一轮"),
    "hold": ("hold", "暂停"),
    "blocks": ("holds the case still", "期间暂停推进"),
    "standing": ("standing", "常设"),
    "not_started": ("not started", "未开始"),
    "in_progress": ("in progress", "进行中"),
    "completed": ("completed", "已完成"),
    "left": ("left", "已离开"),
    "ended": ("ended", "已结束"),
    "l_milestone": ("items of the entry milestone", "进入里程碑项数"),
    "l_exit": ("exit criteria", "完成标准项数"),
    "l_chance": ("chance on entering / completing", "进入 / 完成时的成交概率"),
    "l_time": ("time limit", "时限"),
    "l_optional": ("optional stage", "可选阶段"),
    "l_proposed": ("proposed, or only named by the source", "建议，或来源仅列名称"),
    "l_repeat": ("may be repeated", "可重复"),
    "l_jump": ("jump ahead", "向前跳转"),
    "l_next": ("goes on past stages", "越过阶段前进"),
    "l_loop": ("back to an earlier stage", "返回前面阶段"),
    "l_cycle": ("new round", "新一轮"),
    "l_pair": ("paired stages", "对应阶段"),
    "l_link": ("continues elsewhere", "转接他处"),
    "l_passed": ("passed", "已通过"),
    "l_current": ("current", "当前"),
    "l_skipped": ("skipped", "已跳过"),
    "l_reached": ("end reached", "已到达的结局"),
    "l_pending": ("pending", "待进入"),
}  # fmt: skip


def word(key: str, language: str) -> str:
    """One word in the language."""
    return _WORDS[key][1 if language == "zh" else 0]


def duration(span: timedelta, language: str) -> str:
    """A time in its greatest whole unit: `4 wk`, `36 h`, `2周`."""
    minutes = int(span.total_seconds() // 60)
    units = ((10080, "wk", "周"), (1440, "d", "天"), (60, "h", "小时"), (1, "min", "分钟"))
    for size, en, zh in units:
        if minutes % size == 0 and minutes >= size:
            return f"{minutes // size}{zh}" if language == "zh" else f"{minutes // size} {en}"
    return f"0{units[-1][2]}" if language == "zh" else "0 min"


def at_most(times: int | None, language: str) -> str:
    """How often something may be taken, "" when it is not said."""
    if times is None:
        return ""
    return f" (≤{times}次)" if language == "zh" else f" (max {times})"


def chance(value: Chance) -> str:
    """A chance, or two where completing the stage changes it."""
    reached, completed = (f"{100 * x:.3g}%" for x in (value.reached, value.completed))
    return reached if reached == completed else f"{reached} / {completed}"


def readable(title: str, id: str) -> str:
    """The title, or the id in words."""
    return clean(title) or clean(id.replace("_", " ")) or "?"
