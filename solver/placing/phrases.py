"""The phrases of explanations, in both languages; ``{named}`` places hold ids, times and figures.

Places named in ``telling.VOCABULARY`` (``rule``, ``features``, ``who``, ...) are given ids and filled with words.
"""

from __future__ import annotations

from typing import Final

from solver.placing.language import Phrase

PLACED: Final = Phrase(
    "{person} goes to bed {bed} on ward {ward}, from {start} until about {end}.",
    "{person} 安排至病区 {ward} 床位 {bed}，{start} 起，预计至 {end}。",
    id="placed",
)
FEATURES_MET: Final = Phrase(
    "The bed and its room have what is needed: {features}.",
    "床位及病室具备所需：{features}。",
    id="features_met",
)
COMPANION: Final = Phrase(
    "Who accompanies has {bed} in the same room.",
    "陪伴者同室安排 {bed}。",
    id="companion",
)
UNIT: Final = Phrase(
    "Unit {unit} ({given}), kept on ward {ward}, serves the need of {type}.",
    "设备 {unit}（{given}，存放于病区 {ward}）满足 {type} 的需求。",
    id="unit",
)
LOT: Final = Phrase(
    "{quantity} of {drug} from lot {lot}, which expires {expires}.",
    "{drug} {quantity} 份，取自批次 {lot}，有效期至 {expires}。",
    id="lot",
)
COVER: Final = Phrase(
    "Cover on ward {ward} at the start: {nurses} on duty for {patients} patients ({ratio}).",
    "病区 {ward} 开始时在岗护士 {nurses} 名、患者 {patients} 名（{ratio}）。",
    id="cover",
)
NO_COVER: Final = Phrase(
    "Cover on ward {ward} at the start: nobody on duty is known for {patients} patients.",
    "病区 {ward} 开始时 {patients} 名患者无已知在岗护士。",
    id="no_cover",
)
CONDITIONAL: Final = Phrase(
    "Conditional: the bed becomes free by a departure that is only predicted.",
    "有条件：该床位须待预测中的出院后方可空出。",
    id="conditional",
)
WAIVED: Final = Phrase(
    "Overridden by a named person: {rule}",
    "已由授权人员豁免：{rule}",
    id="waived",
)
UNVERIFIED: Final = Phrase(
    "The recount did not confirm this decision: do not act on it.",
    "复核未通过：请勿执行此安排。",
    id="unverified",
)
PAID: Final = Phrase(
    "{rule} Not fully: {amount} x {unit}, at a price of {cost}.",
    "{rule}未完全满足：数量 {amount}，代价 {cost}。",
    id="paid",
)
SAVED: Final = Phrase(
    "{rule} Better than before: {amount} x {unit}, a gain of {cost}.",
    "{rule}较前改善：数量 {amount}，收益 {cost}。",
    id="saved",
)
NOT_PLACED: Final = Phrase(
    "Request {request}: no place fits {person} in time.",
    "申请 {request}：{person} 暂无合适床位。",
    id="not_placed",
)
STORED: Final = Phrase(
    "The need is kept, its clock runs, and it is decided again at every change.",
    "申请已保存并计时，情况变化时将重新安排。",
    id="stored",
)
STANDS: Final = Phrase(
    "{rule} This stands against {beds} beds; {alone} of them fail by it alone.",
    "{rule}因此不可用的床位 {beds} 张，其中 {alone} 张仅因此条。",
    id="stands",
)
NEAR_OVERRIDABLE: Final = Phrase(
    "Bed {bed} fails only by what someone entitled may override: {rules}",
    "床位 {bed} 仅不符合可由授权人员豁免的规则：{rules}",
    id="near_overridable",
)
NEAR_ABSOLUTE: Final = Phrase(
    "Bed {bed} nearly fits, but no one may override this: {rules}",
    "床位 {bed} 接近可用，但以下规则不可豁免：{rules}",
    id="near_absolute",
)
FITS_FROM: Final = Phrase(
    "As things stand it fits from {start}.",
    "按现状自 {start} 起可安排。",
    id="fits_from",
)
FITS_NEVER: Final = Phrase(
    "As things stand it does not fit within {hours} hours.",
    "按现状 {hours} 小时内无法安排。",
    id="fits_never",
)
RESPONSIBLE: Final = Phrase(
    "Until then {who} answers for the patient.",
    "在此期间由{who}负责。",
    id="responsible",
)
CALL: Final = Phrase(
    "Call {who}.",
    "请联系{who}。",
    id="call",
)
NOT_THAT_BED: Final = Phrase(
    "Not bed {bed}: {rules}",
    "不选床位 {bed}：{rules}",
    id="not_that_bed",
)
FREE_BUT_UNSUPPLIED: Final = Phrase(
    "Nothing about bed {bed} itself stands in the way now: equipment or drugs are missing.",
    "床位 {bed} 本身现无障碍：所缺为设备或药品。",
    id="free_but_unsupplied",
)
DEARER: Final = Phrase(
    "Bed {bed} keeps every rule but costs {cost} more, mostly by: {rule}",
    "床位 {bed} 符合全部规则，但代价多 {cost}，主要因为：{rule}",
    id="dearer",
)
AS_GOOD: Final = Phrase(
    "Bed {bed} itself is as good; equipment, drugs or the order of beds decided.",
    "床位 {bed} 本身同样合适；由设备、药品或床位顺序决定。",
    id="as_good",
)

OVERRULED: Final = Phrase(
    "{rule} Not kept here ({amount} x {unit}): overridden by a named person.",
    "{rule}此处未满足（数量 {amount}）：已由授权人员豁免。",
    id="overruled",
)
OVERRIDE: Final = Phrase(
    "Overridden by account {by}, from {since} until {until}: {rule}",
    "由账户 {by} 豁免，{since} 至 {until}：{rule}",
    id="override",
)
HOLD_LAPSED: Final = Phrase(
    "What was held until {until} was given back, because nobody confirmed it; unless somebody acts, the need is "
    "decided again from {again} on.",
    "预留至 {until} 的安排无人确认，已释放；如无人处理，自 {again} 起重新安排。",
    id="hold_lapsed",
)

# --- what an option takes from others, and how long it stands
LAST_NEGATIVE_PRESSURE: Final = Phrase(
    "This takes the last empty room with negative pressure of site {site} while the stay lasts.",
    "此安排将占用院区 {site} 住院期间最后一间空置的负压病室。",
    id="last_negative_pressure",
)
LAST_POSITIVE_PRESSURE: Final = Phrase(
    "This takes the last empty room with positive pressure of site {site} while the stay lasts.",
    "此安排将占用院区 {site} 住院期间最后一间空置的正压病室。",
    id="last_positive_pressure",
)
LAST_SINGLE_ROOM: Final = Phrase(
    "This takes the last empty single room of site {site} while the stay lasts.",
    "此安排将占用院区 {site} 住院期间最后一间空置的单人病室。",
    id="last_single_room",
)
LAST_CRITICAL_CARE: Final = Phrase(
    "This takes the last free critical-care bed of site {site} while the stay lasts.",
    "此安排将占用院区 {site} 住院期间最后一张空闲的重症床位。",
    id="last_critical_care",
)
LAST_STAFFED_BED: Final = Phrase(
    "This takes the last free staffed bed of ward {ward} while the stay lasts.",
    "此安排将占用病区 {ward} 住院期间最后一张空闲的开放床位。",
    id="last_staffed_bed",
)
LAST_UNIT: Final = Phrase(
    "This takes the last free unit of type {given} for its time.",
    "此安排将占用该时段最后一台空闲的 {given}。",
    id="last_unit",
)
BELOW_SAFETY_STOCK: Final = Phrase(
    "This leaves {left} of {drug}: less than the safety stock of {stock}.",
    "此安排后 {drug} 剩余 {left}，低于安全库存 {stock}。",
    id="below_safety_stock",
)
TAKES_PLACE_OF: Final = Phrase(
    "This takes the place of the less urgent request {request}, which is decided again.",
    "此安排将取代较不紧急的申请 {request}，该申请将重新安排。",
    id="takes_place_of",
)
OFFER_STANDS: Final = Phrase(
    "Nothing is reserved: this stands until a change of the hospital touches it, at the latest until {until}.",
    "尚未预留：在医院状况变化影响此方案前有效，最迟至 {until}。",
    id="offer_stands",
)

WAITS: Final = Phrase("{waits}", "{waits}", id="waits")
STEP: Final = Phrase("{steps}", "{steps}", id="step")
RULES: Final = Phrase("{rules}", "{rules}", id="rules")
FALLBACK: Final = Phrase("{waits} Responsible: {who}. {steps}", "{waits}负责：{who}。{steps}", id="fallback")
CALLS: Final = Phrase("{calls}", "{calls}", id="calls")
CALL_NOW: Final = Phrase("Call: {calls}.", "请联系：{calls}。", id="call_now")

# --- what a pharmacist should look at
LOTS_SHORT: Final = Phrase(
    "{given} of {quantity} units of {drug} were allocated, and {free} more could be: each lot says what keeps it away.",
    "{drug} 需 {quantity} 个单位，已分配 {given}，尚可分配 {free}；各批次不可用的原因见下。",
    id="lots_short",
)
LOTS_ENOUGH: Final = Phrase(
    "{given} of {quantity} units of {drug} were allocated; lots that may serve hold {free} more.",
    "{drug} 需 {quantity} 个单位，已分配 {given}；可用批次尚有 {free}。",
    id="lots_enough",
)
STOCK_EXPIRED: Final = Phrase(
    "Lot {lot} has expired: {quantity} units.", "批次 {lot} 已过期：{quantity} 个单位。", id="stock_expired"
)
STOCK_EXPIRES_TOO_SOON: Final = Phrase(
    "Lot {lot} expires in {days} days, sooner than it must last when it is given out: {quantity} units.",
    "批次 {lot} 将于 {days} 天后过期，短于发放时的最低剩余效期：{quantity} 个单位。",
    id="stock_expires_too_soon",
)
STOCK_EXPIRES_UNUSED: Final = Phrase(
    "Lot {lot} expires in {days} days, and {quantity} units of it will not have been used.",
    "批次 {lot} 将于 {days} 天后过期，届时仍有 {quantity} 个单位未用。",
    id="stock_expires_unused",
)
STOCK_RUNS_OUT: Final = Phrase(
    "{drug} runs out in {days} days, before more can arrive: {quantity} units are left.",
    "{drug} 将于 {days} 天后用完，早于下次到货；现余 {quantity} 个单位。",
    id="stock_runs_out",
)
STOCK_BELOW_SAFETY: Final = Phrase(
    "{drug} is {quantity} units below its safety stock.",
    "{drug} 低于安全库存 {quantity} 个单位。",
    id="stock_below_safety",
)
STOCK_NOT_USABLE: Final = Phrase(
    "Lot {lot} may not be given out: {quantity} units.",
    "批次 {lot} 不得发放：{quantity} 个单位。",
    id="stock_not_usable",
)
STOCK_COLD_CHAIN_HOLD: Final = Phrase(
    "Lot {lot} is kept cold and in quarantine until somebody decides: {quantity} units.",
    "冷链批次 {lot} 已隔离，待人裁定：{quantity} 个单位。",
    id="stock_cold_chain_hold",
)
STOCK_DEMAND_UNKNOWN: Final = Phrase(
    "{drug} ran out on every day looked at: nobody knows how much is wanted.",
    "{drug} 在所查各日均已用完，需求未知。",
    id="stock_demand_unknown",
)
STOCK_ORDER_OVERDUE: Final = Phrase(
    "{quantity} units of {drug} were ordered and should have come {days} days ago: they are not counted on.",
    "已订购 {drug} {quantity} 个单位，应于 {days} 天前到货而未到；不再计入在途。",
    id="stock_order_overdue",
)

# --- why a change is proposed that only a person may make
BED_CLOSED: Final = Phrase("Bed {bed} is closed.", "床位 {bed} 已停用。", id="bed_closed")
ROOM_CLOSED: Final = Phrase("Room {room} is closed.", "病室 {room} 已停用。", id="room_closed")
WARD_CLOSED: Final = Phrase("Ward {ward} is closed.", "病区 {ward} 已停用。", id="ward_closed")
UNIT_BROKEN: Final = Phrase("Unit {unit} is broken.", "设备 {unit} 已损坏。", id="unit_broken")
MODEL_RECALLED: Final = Phrase("The model is recalled.", "该型号已召回。", id="model_recalled")
LOT_RECALLED: Final = Phrase("Lot {lot} is recalled.", "批次 {lot} 已召回。", id="lot_recalled")
LOT_QUARANTINED: Final = Phrase(
    "Lot {lot} is in quarantine.", "批次 {lot} 已隔离封存。", id="lot_quarantined"
)
MATCH_LAPSED: Final = Phrase(
    "The cross-match of unit {lot} has lapsed.", "血袋 {lot} 的交叉配血已失效。", id="match_lapsed"
)
LOT_LOCKED: Final = Phrase(
    "Lot {lot} is locked: a count found another quantity.", "批次 {lot} 盘点不符，已锁定。", id="lot_locked"
)
NEEDS_LEVEL: Final = Phrase("Needs level {level} care.", "需要 {level} 级监护。", id="needs_level")
READY_FOR_LEVEL: Final = Phrase(
    "Ready for level {level} care.", "可转为 {level} 级监护。", id="ready_for_level"
)
NURSE_ABSENT: Final = Phrase("A rostered nurse is absent.", "一名排班护士缺勤。", id="nurse_absent")

# --- what a change would do that nobody has made
CHECK_KEEPS: Final = Phrase(
    "Bed {bed} breaks no rule; it costs {cost} more than now.",
    "床位 {bed} 符合全部规则；较现状代价变化 {cost}。",
    id="check_keeps",
)
CHECK_BREAKS: Final = Phrase(
    "Bed {bed} would break: {rules}", "床位 {bed} 将违反：{rules}", id="check_breaks"
)
CHAIN_FOR: Final = Phrase(
    "Nothing fits request {request} as things stand; {moves} changes for others would make room.",
    "按现状无法安排申请 {request}；调整其他 {moves} 项安排即可腾出床位。",
    id="chain_for",
)
STEP_DOWN_PAIR: Final = Phrase(
    "Stay {stay} is ready for level {level} care; request {request} waits for the bed it would free: {bed}.",
    "住院 {stay} 可转为 {level} 级监护；申请 {request} 正等待其将腾出的床位 {bed}。",
    id="step_down_pair",
)
OUTLIER: Final = Phrase(
    "Stay {stay} lies outside the wards of its speciality.", "住院 {stay} 不在本专科病区。", id="outlier"
)
# --- why no chain, or no longer
NO_CHAIN: Final = Phrase(
    "No chain of moves makes this cheaper than waiting.", "没有优于等待的床位调整方案。", id="no_chain"
)
HAS_BED: Final = Phrase("Request {request} has a bed.", "申请 {request} 已有床位。", id="has_bed")
NO_OUTLIER: Final = Phrase(
    "Stay {stay} is on a ward of its speciality.", "住院 {stay} 已在本专科病区。", id="no_outlier"
)
NOT_MOVED: Final = Phrase("The patient is not to be moved: {bars}", "该患者不宜转移：{bars}", id="not_moved")
CHAIN_STALE: Final = Phrase(
    "What the chain rests on has changed meanwhile: {subject}.",
    "方案所依据的情况已变化：{subject}。",
    id="chain_stale",
)
CHAIN_NO_BED: Final = Phrase(
    "Bed {bed} no longer takes the patient it was proposed for.",
    "床位 {bed} 已不能接收原定患者。",
    id="chain_no_bed",
)
CHAIN_BROKEN: Final = Phrase(
    "In bed {bed} this would now be broken: {rules}",
    "床位 {bed} 现将违反：{rules}",
    id="chain_broken",
)
# --- what a preview of other rules rests on
REPLAYED: Final = Phrase(
    "Each request alone, on the beds, stays, bookings, stock and shifts known when it was decided; places, ratios, "
    "transport and staff are as they are now. Nobody is moved or displaced, and what one choice would have changed for "
    "the next is not followed. {same} of {decisions} come out as they were decided.",
    "逐一重算每份申请：床位、住院、预订、库存与排班取决定时已知的状态；场所、护患比、转运时间与人员取当前状态。不移动、"
    "不替换任何人，也不推演一次选择对后续的影响。{decisions} 份中有 {same} 份与当时决定一致。",
    id="replayed",
)

# --- what would have to give way
RELAX_WAIT: Final = Phrase("Wait until {start}.", "等至 {start}。", id="relax_wait")
RELAX_WAIVE: Final = Phrase("Override for this patient: {rule}", "为该患者豁免：{rule}", id="relax_waive")
RELAX_OPEN: Final = Phrase("Staff and open bed {bed}.", "为床位 {bed} 配备人员并启用。", id="relax_open")
RELAX_CLEAN: Final = Phrase(
    "Clean bed {bed} now; it is ready at {start}.", "立即清洁床位 {bed}，{start} 可用。", id="relax_clean"
)
RELAX_LEND: Final = Phrase(
    "Borrow unit {unit} from ward {ward}, which owns it.",
    "向所属病区 {ward} 借用设备 {unit}。",
    id="relax_lend",
)
RELAX_FETCH: Final = Phrase(
    "Fetch lot {lot} from the cabinet of ward {ward}.", "从病区 {ward} 药柜调取批次 {lot}。", id="relax_fetch"
)
RELAX_EQUIVALENT: Final = Phrase(
    "Have a pharmacist approve {drug}: same substance, strength, form and route.",
    "请药师批准以 {drug} 替代：成分、规格、剂型、途径相同。",
    id="relax_equivalent",
)
RELAX_CALL: Final = Phrase(
    "Call in the nurse on call of shift {shift} on ward {ward}, if they agree.",
    "经本人同意，呼叫病区 {ward} 备班班次 {shift} 的护士到岗。",
    id="relax_call",
)
RELAX_CALL_SOMEBODY: Final = Phrase(
    "Call in a nurse who is on call for ward {ward}, if they agree; its ward manager knows who that is.",
    "经本人同意，呼叫病区 {ward} 的备班护士到岗，人员请询问该病区护士长。",
    id="relax_call_somebody",
)
RELAX_MOVE: Final = Phrase(
    "Propose to move stay {stay} from bed {from_bed} to bed {bed} at {start}; a person confirms it.",
    "建议 {start} 将住院 {stay} 由床位 {from_bed} 转至床位 {bed}，须人工确认。",
    id="relax_move",
)
RELAX_DISPLACE: Final = Phrase(
    "Take the place of the less urgent request {request}, which gets bed {bed} from {start}.",
    "占用较不紧急申请 {request} 的床位，该申请改至床位 {bed}，{start} 起。",
    id="relax_displace",
)
RELAX_DISPLACE_WAITS: Final = Phrase(
    "Take the place of the less urgent request {request}, which then waits.",
    "占用较不紧急申请 {request} 的床位，该申请转为等待。",
    id="relax_displace_waits",
)
RELAX_HIDDEN: Final = Phrase(
    "Something has to give way on another ward; its bed manager knows.",
    "需由其他病区作出调整，请联系其床位管理员。",
    id="relax_hidden",
)
RELAX_FITS: Final = Phrase("It fits: nothing has to change.", "可以安排，无须调整。", id="relax_fits")
RELAX_PROVEN: Final = Phrase(
    "No cheaper change exists (price {price}, proven).",
    "已证明无更低代价的调整（代价 {price}）。",
    id="relax_proven",
)
RELAX_FOUND: Final = Phrase(
    "The cheapest change found takes {price}; none takes less than {bound}.",
    "所找到的最低代价为 {price}；下界 {bound}。",
    id="relax_found",
)
RELAX_UNCONFIRMED: Final = Phrase(
    "Something cheaper was left out: its changes cannot be made one after the other. So nothing is proven.",
    "另有更低代价的方案，但其调整无法逐项实施，故不采用，亦未能证明最优。",
    id="relax_unconfirmed",
)
RELAX_NONE: Final = Phrase(
    "No change known here makes it possible. Call: {calls}.",
    "现有手段均不可行。请联系：{calls}。",
    id="relax_none",
)
SCARCE_CLASS: Final = Phrase(
    "{scarce}: {free} of {units} free, {waiting} who need one wait, about {expected} more are expected within 6 hours.",
    "{scarce}：共 {units}，空余 {free}；等待者 {waiting} 名，预计 6 小时内新增约 {expected} 名。",
    id="scarce_class",
)
SCARCE_PRICE: Final = Phrase(
    "Bed {bed} gives away what is scarce ({scarce}): it costs {cost} (plain price {plain}), as about {expected} people "
    "who need one are expected within 6 hours, {waiting} wait and {free} of {units} are free.",
    "床位 {bed} 占用稀缺资源（{scarce}）：代价 {cost}（原价 {plain}），因预计 6 小时内约 {expected} 名患者需要，"
    "等待者 {waiting} 名，{units} 张中空余 {free} 张。",
    id="scarce_price",
)
PLAIN_CHOICE: Final = Phrase(
    "At plain prices of what is scarce the choice would be bed {bed} from {start}.",
    "按稀缺资源原价则选择床位 {bed}，{start} 起。",
    id="plain_choice",
)
PLAIN_SAME: Final = Phrase(
    "At plain prices of what is scarce the choice would be the same.",
    "按稀缺资源原价选择相同。",
    id="plain_same",
)

PLAN_GONE: Final = Phrase("This request is open no more.", "该申请已结束。", id="plan_gone")
PLAN_CHANGED: Final = Phrase(
    "This request stands otherwise than when the plan was made.",
    "该申请的状态与制定计划时不同。",
    id="plan_changed",
)
PLAN_PAST: Final = Phrase("The time of this admission is over.", "该收治时间已过。", id="plan_past")
PLAN_RULES: Final = Phrase("It would break: {rules}", "将违反：{rules}", id="plan_rules")

PHRASES: Final = {phrase.id: phrase for phrase in list(globals().values()) if isinstance(phrase, Phrase)}
"""Every phrase by its id. Ids are stored with decisions: one that was used is never given another meaning."""
