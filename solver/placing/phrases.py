"""The phrases of explanations, in both languages; ``{named}`` places hold ids, times and figures."""

from __future__ import annotations

from typing import Final

from solver.placing.language import Text

PLACED: Final = Text(
    "{person} goes to bed {bed} on ward {ward}, from {start} until about {end}.",
    "{person} 安排至病区 {ward} 床位 {bed}，{start} 起，预计至 {end}。",
)
FEATURES_MET: Final = Text(
    "The bed and its room have what is needed: {features}.", "床位及病室具备所需：{features}。"
)
COMPANION: Final = Text("Who accompanies has {bed} in the same room.", "陪伴者同室安排 {bed}。")
UNIT: Final = Text(
    "Unit {unit} ({given}), kept on ward {ward}, serves the need of {type}.",
    "设备 {unit}（{given}，存放于病区 {ward}）满足 {type} 的需求。",
)
LOT: Final = Text(
    "{quantity} of {drug} from lot {lot}, which expires {expires}.",
    "{drug} {quantity} 份，取自批次 {lot}，有效期至 {expires}。",
)
COVER: Final = Text(
    "Cover on ward {ward} at the start: {nurses} on duty for {patients} patients ({ratio}).",
    "病区 {ward} 开始时在岗护士 {nurses} 名、患者 {patients} 名（{ratio}）。",
)
NO_COVER: Final = Text(
    "Cover on ward {ward} at the start: nobody on duty is known for {patients} patients.",
    "病区 {ward} 开始时 {patients} 名患者无已知在岗护士。",
)
CONDITIONAL: Final = Text(
    "Conditional: the bed becomes free by a departure that is only predicted.",
    "有条件：该床位须待预测中的出院后方可空出。",
)
WAIVED: Final = Text("Overridden by a named person: {rule}", "已由授权人员豁免：{rule}")
UNVERIFIED: Final = Text(
    "The recount did not confirm this decision: do not act on it.", "复核未通过：请勿执行此安排。"
)
PAID: Final = Text(
    "{rule} Not fully: {amount} x {unit}, at a price of {cost}.",
    "{rule}未完全满足：数量 {amount}，代价 {cost}。",
)
SAVED: Final = Text(
    "{rule} Better than before: {amount} x {unit}, a gain of {cost}.",
    "{rule}较前改善：数量 {amount}，收益 {cost}。",
)
NOT_PLACED: Final = Text(
    "Request {request}: no place fits {person} in time.", "申请 {request}：{person} 暂无合适床位。"
)
STORED: Final = Text(
    "The need is kept, its clock runs, and it is decided again at every change.",
    "申请已保存并计时，情况变化时将重新安排。",
)
STANDS: Final = Text(
    "{rule} This stands against {beds} beds; {alone} of them fail by it alone.",
    "{rule}因此不可用的床位 {beds} 张，其中 {alone} 张仅因此条。",
)
NEAR_OVERRIDABLE: Final = Text(
    "Bed {bed} fails only by what someone entitled may override: {rules}",
    "床位 {bed} 仅不符合可由授权人员豁免的规则：{rules}",
)
NEAR_ABSOLUTE: Final = Text(
    "Bed {bed} nearly fits, but no one may override this: {rules}",
    "床位 {bed} 接近可用，但以下规则不可豁免：{rules}",
)
FITS_FROM: Final = Text("As things stand it fits from {start}.", "按现状自 {start} 起可安排。")
FITS_NEVER: Final = Text(
    "As things stand it does not fit within {hours} hours.", "按现状 {hours} 小时内无法安排。"
)
RESPONSIBLE: Final = Text("Until then {who} answers for the patient.", "在此期间由{who}负责。")
CALL: Final = Text("Call {who}.", "请联系{who}。")
NOT_THAT_BED: Final = Text("Not bed {bed}: {rules}", "不选床位 {bed}：{rules}")
FREE_BUT_UNSUPPLIED: Final = Text(
    "Nothing about bed {bed} itself stands in the way now: equipment or drugs are missing.",
    "床位 {bed} 本身现无障碍：所缺为设备或药品。",
)
DEARER: Final = Text(
    "Bed {bed} keeps every rule but costs {cost} more, mostly by: {rule}",
    "床位 {bed} 符合全部规则，但代价多 {cost}，主要因为：{rule}",
)
AS_GOOD: Final = Text(
    "Bed {bed} itself is as good; equipment, drugs or the order of beds decided.",
    "床位 {bed} 本身同样合适；由设备、药品或床位顺序决定。",
)
