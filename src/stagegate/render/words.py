"""The words that text output says itself, in English and Chinese; everything else comes from the definition."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Final

WORDS: Final[Mapping[str, tuple[str, str]]] = {
    # a process
    "family": ("family", "类别"),
    "not_whole": ("the source does not give all of it", "来源未给出全部"),
    "incomplete": ("the source does not describe it wholly", "来源描述不完整"),
    "buyer": ("buyer", "买方"),
    "seller": ("seller", "卖方"),
    "both": ("both sides", "双方"),
    "other": ("other", "其他"),
    "observed": ("observed: moved by what is seen of the buyer", "观察：随观察到的买方情况移动"),
    "earned": ("moved by evidence", "凭证据推进"),
    "manual": ("advanced by hand", "人工推进"),
    "cycle_to": ("a cycle: after the last stage a new round begins at {}", "循环：最后一个阶段之后由 {} 开始新一轮"),
    "outcome_wins": ("wins", "赢单"),
    "forgets_win": ("a win so far belongs to the round that is over", "此前的赢单归入已结束的一轮"),
    "cycle": ("a cycle: after the last stage comes the first", "循环：最后一个阶段之后回到第一个阶段"),
    "milestone": ("Entry milestone: all of it must be done to have arrived", "进入里程碑：全部完成才算进入"),
    "no_milestone": ("Entry milestone: none; met at once", "进入里程碑：无；直接进入"),
    "exit": ("Exit criteria: all must be met to have completed", "完成标准：全部满足才算完成"),
    "no_exit": ("Exit criteria: none; a person marks it as completed", "完成标准：无；由人标记完成"),
    "exit_by_decision": ("Exit criteria: none; the decision after it completes it", "完成标准：无；由其后的决策完成"),
    "exit_open": ("Exit criteria: none; completed at once", "完成标准：无；立即完成"),
    "conditions": (
        "Conditions for getting through smoothly; they close no gate",
        "阶段条件：顺利通过的最低条件，不影响进入和完成",
    ),
    "process": ("Process", "过程"),
    "relationship": ("Relationship", "关系"),
    "information": ("Information", "信息"),
    "appraisal": ("Appraisal", "考核项"),
    "prohibitions": ("Not to be done", "禁止事项"),
    "chance": ("Chance", "成交概率"),
    "reached": ("when reached", "进入时"),
    "completed_at": ("when completed", "完成时"),
    "time_limit": ("Time limit", "时限"),
    "pairs_with": ("Beside", "对应"),
    "next": ("Next", "下一步"),
    "wins": ("Completing it wins", "完成即赢单"),
    "completes": ("Completing it ends the case", "完成即结束"),
    "optional_stage": ("may be passed over", "可跳过"),
    "start": ("the case may start here", "可由此开始"),
    "repeatable": ("may be repeated", "可重复"),
    "applies_when": ("Only when", "仅当"),
    "participants": ("Who", "参与者"),
    "tools": ("Tools", "工具"),
    "tasks": ("Tasks", "任务"),
    "aims": ("Aims", "目标"),
    "procedure": ("Sub-procedure", "子流程"),
    "meets": ("its end {} meets: {}", "以 {} 结束时满足：{}"),
    "budget": ("Budget", "预算"),
    "time": ("time", "时间"),
    "cost": ("cost", "费用"),
    "effort": ("effort", "投入"),
    "low": ("low", "低"),
    "medium": ("medium", "中"),
    "high": ("high", "高"),
    "support": ("support", "支持"),
    "checklists": ("Checklists", "检查表"),
    "undescribed": ("the source names it and no more", "来源仅列名称"),
    "evidence": ("proved by", "证明文件"),
    "when": ("when", "条件"),
    "applies": ("counts when", "适用条件"),
    "optional": ("optional", "可选"),
    "once": ("stays met", "满足后保持"),
    "waivable": ("may be waived by", "可豁免者"),
    "with": ("with", "对象"),
    "level": ("level {}", "第 {} 层次"),
    "content": ("about", "内容"),
    "product": ("our product", "我方产品"),
    "company": ("our company", "我方公司"),
    "weight": ("weight", "权重"),
    "of": ("of", "针对"),
    "decision": ("Decision", "决策"),
    "automatic": ("automatic", "自动"),
    "hold": ("hold", "暂停"),
    "remind": ("remind after", "提醒期"),
    "new_round": ("a new round", "新一轮"),
    "loop_back": ("back", "返回"),
    "repeat": ("again", "重复"),
    "ahead": ("ahead", "跳过"),
    "end": ("end", "结束"),
    "otherwise": ("otherwise", "其他情况"),
    "requires": ("needs", "需要"),
    "roles": ("only by", "仅限"),
    "max": ("at most {} times", "最多 {} 次"),
    "once_only": ("once at most", "最多一次"),
    "keep": ("keeps", "保留"),
    "owed": ("what is passed over is owed", "跳过的内容须补做"),
    "jumps": ("Jumps ahead", "向前跳转"),
    "loops": ("Loops back", "向后返回"),
    "from": ("from", "起点"),
    "from_stages": ("from", "适用阶段"),
    "probe": ("Asks the buyer", "询问买方"),
    "any_later": ("any later place", "任一后续位置"),
    "all_stages": ("all stages", "所有阶段"),
    "activities": ("Activities", "活动"),
    "blocks": ("the case stands still meanwhile", "期间案件停留"),
    "standing": ("standing conduct", "常设行为"),
    "results": ("results", "结果"),
    "ends": ("Ends", "结局"),
    "continues_in": ("goes on in the process {}", "转入流程 {}"),
    "by_command": ("a person may end it so", "可由人宣布"),
    "reasons": ("Reasons", "原因"),
    "facts": ("Facts", "事实"),
    "documents": ("Documents", "文件"),
    "people": ("Roles", "角色"),
    "metrics": ("Metrics", "指标"),
    "target": ("target", "目标"),
    "catalogues": ("Catalogues", "资料目录"),
    "taken_from": ("from the process {}", "取自流程 {}"),
    "reason_trees": ("Reasons for ends", "结局原因"),
    "gap_policy": ("The gap to the buyer", "与买方的落差"),
    "give_up_at": ("Giving up is to be considered from a gap of", "考虑放弃的落差"),
    "when_in_step": ("In step", "同步时"),
    "when_behind": ("Behind the buyer", "落后时"),
    "when_ahead": ("Ahead of the buyer", "超前时"),
    "when_unknown": ("The buyer not observed", "未知时"),
    "retired": ("Ids not to be used again", "已停用的标识"),
    # notes, people, facts and figures
    "proposed": ("proposed", "建议"),
    "field": ("field", "业界"),
    "aliases": ("Also called", "又称"),
    "also": ("also called", "又称"),
    "from_source": ("source", "来源"),
    "keywords": ("Keywords", "关键词"),
    "source": ("Source", "来源"),
    "questions": ("Questions", "提问"),
    "guidance": ("Advice", "要领"),
    "qualifications": ("Qualifications", "任职要求"),
    "duties": ("Duties", "职责"),
    "kpis": ("Measured by", "考核指标"),
    "reviewers": ("Reviewed by", "考核人"),
    "period": ("Every", "考核周期"),
    "baseline": ("baseline", "基准"),
    "unit": ("unit", "单位"),
    "share_of": ("of", "对象"),
    "formula": ("formula", "公式"),
    "list_of": ("list of", "列表"),
    "one_of": ("one of", "取值"),
    "at_least": ("at least {}", "不小于 {}"),
    "at_most": ("at most {}", "不大于 {}"),
    # a case
    "case": ("case", "案件"),
    "refused": ("refused", "拒绝"),
    "repeated": ("known already by its key: nothing changes", "键值已用过：无变化"),
    "nothing": ("accepted", "已接受"),
    "no_command": ("without a command", "没有命令"),
    "now": ("now", "现在"),
    "position": ("Position", "位置"),
    "gap": ("Gap", "落差"),
    "missing": ("Missing", "尚缺"),
    "nothing_missing": ("Missing: nothing", "尚缺：无"),
    "debts": ("Owed", "待补"),
    "early": ("Met early", "提前完成"),
    "still_open": ("conditions still open: {}", "未满足的条件：{}"),
    "open_conditions": ("Conditions still open", "未满足的条件"),
    "broken_behind": ("No longer true behind the case", "已不再成立"),
    "held": ("on hold since", "暂停自"),
    "on_hold": ("on hold", "暂停中"),
    "is_overdue": ("overdue", "已逾期"),
    "ended": ("ended", "已结束"),
    "won": ("won", "赢单"),
    "due": ("Next due", "下次到期"),
    "decisions": ("Decisions", "决策点"),
    "taken": ("taken", "已决定"),
    "asked": ("asked now", "待决定"),
    "asked_automatic": ("waits for what it decides from", "等待条件明确"),
    "waits_for_others": ("waits for the others", "须等其他结果明确"),
    "other_allowed": ("another outcome is allowed", "另有结果成立"),
    "decision_skipped": ("passed over", "已跳过"),
    "decision_ahead": ("ahead", "尚未到达"),
    "waits": ("an automatic decision waits", "自动决策在等待"),
    "several_allowed": ("allowed at the same time: {}", "同时成立：{}"),
    "closing": ("To catch up with the buyer", "赶上买方尚须"),
    "next_actions": ("Next actions", "下一步可做"),
    "not_now": ("not now", "暂不可行"),
    "proved": ("Proved for appraisal", "考核得分"),
    "of_weight": ("{} of {}", "{}／{}"),
    "happened": ("happened {}", "发生于 {}"),
    "until": ("until {}", "至 {}"),
    "taken_away": ("(taken away)", "（已撤下）"),
    "forgotten": ("forgotten", "清除"),
    "document": ("document", "文件"),
    "fact": ("fact", "事实"),
    "or": (" or ", "或"),
    "lacking": ("lacks", "缺"),
    "seen": ("seen", "已有"),
    "type": ("type", "类型"),
    "given_role": ("given", "所给角色"),
    "given_value": ("given", "所给值"),
    "no_role": ("no role", "未说明角色"),
    "tracks": ("{} tracks", "{} 条轨道"),
    "one_track": ("1 track", "1 条轨道"),
    "stages": ("{} stages", "{} 个阶段"),
    "one_stage": ("1 stage", "1 个阶段"),
    "none": ("none", "无"),
    "waits_for": ("waiting for", "等待"),
    "not_started": ("not started", "未开始"),
    "in_progress": ("in progress", "进行中"),
    "completed": ("completed", "已完成"),
    "left": ("left", "已离开"),
    "visit": ("visit {}", "第 {} 次"),
    "round": ("round {}", "第 {} 轮"),
    "in_step": ("in step with the buyer", "与买方同步"),
    "behind": ("we are behind the buyer by {}", "落后于买方 {} 个阶段"),
    "gap_ahead": ("we are ahead of the buyer by {}", "超前于买方 {} 个阶段"),
    "unknown_gap": ("unknown: the buyer was not observed", "未知：尚未观察买方"),
    "give_up": ("the point at which giving up is to be considered is reached", "已达到考虑放弃的落差"),
    "met": ("met", "已满足"),
    "unmet": ("not met", "未满足"),
    "unknown": ("unknown", "未知"),
    "stale": ("to be confirmed again", "须重新确认"),
    "waived": ("waived", "已豁免"),
    "skipped": ("passed over", "已跳过"),
    "demanded": ("demanded in", "要求见"),
    # scenarios and proofs
    "scenario_passed": ("passed", "通过"),
    "scenario_failed": ("FAILED", "失败"),
    "expected": ("expected", "预期"),
    "found": ("found", "实际"),
    "not_as_expected": ("`{}` is not as expected", "`{}` 与预期不符"),
    "not_allowed": ("not allowed: {}", "不可行：{}"),
    "none_of": ("no {}", "不可 {}"),
    "command_refused": ("`{}` should be accepted, and is refused", "`{}` 应被接受，却被拒绝"),
    "command_unknown": ("a command that does not fit this process: {}", "命令与该流程不符：{}"),
    "count_passed": ("{} passed", "{} 个通过"),
    "count_failed": ("{} failed", "{} 个失败"),
    "in_processes": ("{} in {}", "{1}中 {0}"),
    "one_process": ("1 process", "1 个流程"),
    "processes": ("{} processes", "{} 个流程"),
    "one_with_mistakes": ("1 process has mistakes", "1 个流程有错误"),
    "with_mistakes": ("{} processes have mistakes", "{} 个流程有错误"),
    "no_scenarios": ("no scenarios in {}", "{}中没有情景"),
    "write_scenarios": ("write some under `scenarios:`", "请写在 `scenarios:` 之下"),
    "proof_proved": ("proved", "成立"),
    "proof_broken": ("BROKEN", "不成立"),
    "proof_undecided": ("undecided", "未定"),
    "is_broken": ("`{}` is broken", "`{}` 不成立"),
    "why_broken": ("why", "原因"),
    "count_proved": ("{} proved", "{} 个成立"),
    "count_broken": ("{} broken", "{} 个不成立"),
    "count_undecided": ("{} undecided", "{} 个未定"),
    "nothing_to_prove": ("nothing to prove in {}", "{}中没有可证明之处"),
    "free_questions": ("{} general questions", "{} 个通用问题"),
    "one_free_question": ("1 general question", "1 个通用问题"),
    "play_it": ("play it", "重演"),
    # a portfolio
    "deals": ("deals", "商机"),
    "of_deals": ("{} of {} deals", "{1} 个商机中的 {0} 个"),
    "funnel": ("Funnel", "漏斗"),
    "stage": ("Stage", "阶段"),
    "reached_column": ("reached", "进入"),
    "completed_column": ("completed", "完成"),
    "lacks": ("lacks", "缺"),
    "and_more": ("and {} more", "另有 {} 项"),
    "more_deals": ("{} more deals are not listed", "另有 {} 个商机未列出"),
    "deal": ("deal", "商机"),
    "given": ("Facts given", "已知事实"),
}

# What ends are called; any other word says itself.
ENDS: Final[Mapping[str, tuple[str, str]]] = {
    "won": ("won", "赢单"),
    "lost": ("lost", "丢单"),
    "terminated": ("terminated", "终止"),
    "given_up": ("given up", "放弃"),
    "completed": ("completed", "完成"),
    "done": ("done", "完成"),
}

# The types of facts.
FACTS: Final[Mapping[str, tuple[str, str]]] = {
    "boolean": ("true or false", "是或否"),
    "integer": ("whole number", "整数"),
    "number": ("number", "数"),
    "string": ("text", "文本"),
    "enum": ("one of several", "枚举"),
    "timestamp": ("time", "时间"),
    "duration": ("length of time", "时长"),
    "list": ("list", "列表"),
}

# What can be done next, by the name of the command.
ACTIONS: Final[Mapping[str, tuple[str, str]]] = {
    "meet": ("meet", "完成 (meet)"),
    "attach": ("attach the documents of", "附上文件 (attach)"),
    "give_fact": ("give the fact", "提供事实 (set_facts)"),
    "await": ("wait for", "等待自动决策"),
    "observe": ("observe the buyer on", "观察买方 (observe)"),
    "resume": ("resume the case", "恢复案件 (resume)"),
    "end": ("end the case with", "结束案件 (end)"),
    "finish": ("finish", "结束活动 (finish)"),
    "reopen": ("reopen at", "重新打开于 (reopen)"),
    "complete": ("complete", "标记完成 (complete)"),
    "advance": ("advance", "推进 (advance)"),
    "decide": ("decide", "决策 (decide)"),
    "jump": ("jump", "跳转 (jump)"),
    "loop_back": ("loop back", "返回 (loop_back)"),
    "skip": ("skip", "跳过 (skip)"),
}

# What an event is called; `{}` is what it is about.
EVENTS: Final[Mapping[str, tuple[str, str]]] = {
    "entered": ("entered {}", "进入 {}"),
    "completed": ("completed {}", "完成 {}"),
    "left": ("left {}", "离开 {}"),
    "moved_back": ("moved back to {}", "退回到 {}"),
    "decided": ("decided {}", "决策 {}"),
    "jumped": ("jumped ahead: {}", "向前跳转：{}"),
    "unwilling": ("the buyer is not willing: {}", "买方不愿意：{}"),
    "looped_back": ("back: {}", "返回：{}"),
    "repeated": ("again: {}", "重复：{}"),
    "new_round": ("a new round of {}", "{} 进入新一轮"),
    "skipped": ("passed over {}", "跳过 {}"),
    "won": ("won: {}", "赢单：{}"),
    "ended": ("ended: {}", "结束：{}"),
    "reopened": ("opened again at {}", "重新打开于 {}"),
    "held": ("on hold{}", "暂停{}"),
    "resumed": ("goes on{}", "继续{}"),
    "observed": ("the buyer is at {}", "买方处于 {}"),
    "begun": ("began {}", "开始 {}"),
    "finished": ("finished {}", "结束 {}"),
    "reported": ("reported: {}", "已报告：{}"),
    "breached": ("warning, this must not be done: {}", "警告，禁止事项：{}"),
    "waiver_expired": ("the waiver has expired: {}", "豁免到期：{}"),
    "overdue": ("overdue: {}", "逾期：{}"),
    "reminder": ("a hold's date has come{}", "暂停提醒{}"),
    "migrated": ("carried over to version {}", "已迁移至版本 {}"),
    "gap_changed": ("the gap is now: {}", "落差变为：{}"),
}


class Say:
    """The words of one language."""

    def __init__(self, language: str) -> None:
        self.language = language
        self.at: Final = 1 if language == "zh" else 0
        self.colon = "：" if language == "zh" else ": "
        self.comma = "、" if language == "zh" else ", "
        self.then = "，" if language == "zh" else ", "
        self.semicolon = "；" if language == "zh" else "; "

    def listed(self, items: Iterable[str]) -> str:
        """Several things in one line; by semicolons where one of them has a comma of its own."""
        told = list(items)
        return (self.semicolon if any(self.comma in each for each in told) else self.comma).join(told)

    def __call__(self, key: str, *values: object) -> str:
        """One word or phrase."""
        return WORDS[key][self.at].format(*values)

    def event(self, kind: str, subject: str) -> str:
        """What happened."""
        pair = EVENTS.get(kind)
        return f"{kind} {subject}" if pair is None else pair[self.at].format(subject)

    def end_kind(self, kind: str) -> str:
        """What kind of end it is; a free word is itself."""
        return ENDS[kind][self.at] if kind in ENDS else kind

    def fact_kind(self, kind: str) -> str:
        """What type of fact it is."""
        return FACTS[kind][self.at]

    def action(self, kind: str) -> str:
        """What can be done."""
        return ACTIONS[kind][self.at] if kind in ACTIONS else kind

    def brackets(self, text: str) -> str:
        """A remark in brackets."""
        return f"（{text}）" if self.language == "zh" else f" ({text})"

    def brackets_of(self, *texts: str) -> str:
        """Remarks in brackets, nothing where there are none."""
        told = [text for text in texts if text]
        return self.brackets(self.semicolon.join(told)) if told else ""

    def labelled(self, key: str, text: str) -> str:
        """A phrase, a colon and what it is."""
        return f"{self(key)}{self.colon}{text}"

    def duration(self, value: timedelta) -> str:
        """A length of time in the largest unit that fits."""
        seconds = int(value.total_seconds())
        for size, en, zh in ((86400, "day", "天"), (3600, "hour", "小时"), (60, "minute", "分钟")):
            if seconds % size == 0 and seconds:
                number = seconds // size
                return f"{number} {zh}" if self.at else f"{number} {en}{'' if number == 1 else 's'}"
        return f"{seconds} 秒" if self.at else f"{seconds} seconds"


def percent(value: float) -> str:
    """A fraction as a percentage."""
    return f"{value * 100:.4g}%"
