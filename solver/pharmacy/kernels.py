"""Which lots serve the drug needs of one request: first expiry first, within what each lot still holds.

Arrays
------
lots  : LotArrays, see there; read, never written
needs : DrugNeeds, the request's needs flattened; read
taken_lot, taken_need, taken_quantity int64 (places,)  what is taken, in order; written in place
"""

from typing import Any, NamedTuple

import numpy as np

from solver.engine.jit import kernel
from solver.engine.types import Bool, Int64


class LotArrays(NamedTuple):
    """Every lot of the hospital, those of a drug in order of expiry.

    drug_ptr  int64 (n_drugs + 1,)  lots of drug d are drug_lots[drug_ptr[d] : drug_ptr[d + 1]]
    drug_lots int64 (n_lots,)
    safety    int64 (n_drugs,)      safety stock
    stock     int64 (n_drugs,)      available in usable lots that may be given out now
    is_blood  bool (n_drugs,)
    drug      int64 (n_lots,)
    available int64 (n_lots,)       quantity that may still be reserved
    expires   int64 (n_lots,)       minute
    usable_until int64 (n_lots,)    first minute at which it may no longer be given out, never after its expiry
    usable    bool (n_lots,)
    ward      int64 (n_lots,)       cabinet's ward, -1 for the central pharmacy
    rank      int64 (n_lots,)       usable lots of the drug that expire before it; 0 for blood
    donor     int64 (n_lots,)       bit set of donor antigens (A 1, B 2, D 4), -1 when not given
    matched   int64 (n_lots,)       person the lot was cross-matched for, -1 for nobody
    """

    drug_ptr: Int64
    drug_lots: Int64
    safety: Int64
    stock: Int64
    is_blood: Bool
    drug: Int64
    available: Int64
    expires: Int64
    usable_until: Int64
    usable: Bool
    ward: Int64
    rank: Int64
    donor: Int64
    matched: Int64


class DrugNeeds(NamedTuple):
    """The drugs one request needs.

    quantity, use_within int64 (n_needs,)
    choice_ptr int64 (n_needs + 1,)  drugs that may serve need j, best first; those the person is allergic to
    and,
    choice     int64 (...)           unless the list says so, blood of a wrong group are no choices
    asked      bool (...)            whether the choice is the drug asked for, not an equivalent
    """

    quantity: Int64
    use_within: Int64
    choice_ptr: Int64
    choice: Int64
    asked: Bool


@kernel
def rank_lots(lots: Any, drug: int, now: int) -> None:
    """Reckon ranks and stock of one drug anew after a lot changed or its time was over; ``rank`` and ``stock`` are
    written."""
    rank = stock = 0
    for position in range(lots.drug_ptr[drug], lots.drug_ptr[drug + 1]):
        lot = lots.drug_lots[position]
        lots.rank[lot] = 0 if lots.is_blood[drug] else rank
        if lots.usable[lot] and lots.usable_until[lot] > now:
            rank += 1
            stock += lots.available[lot]
    lots.stock[drug] = stock


@kernel
def blood_fits(lots: Any, lot: int, person: int, antigens: int) -> bool:
    """Whether a lot of blood brings no antigen the person lacks and was cross-matched for that person; nobody (-1) is
    given blood, not even a lot that was matched for nobody."""
    donor = lots.donor[lot]
    return person >= 0 and donor >= 0 and (donor & ~antigens) == 0 and lots.matched[lot] == person


@kernel
def lot_may_serve(lots: Any, lot: int, ward: int, used_until: int, place_matters: bool) -> bool:
    """Whether the lot is usable, may be given out until the last use, and lies where the ward may take it."""
    if not lots.usable[lot] or lots.usable_until[lot] < used_until:
        return False
    return not (place_matters and lots.ward[lot] >= 0 and lots.ward[lot] != ward)


@kernel
def _already_taken(taken_lot: Any, taken_quantity: Any, places: int, lot: int) -> int:
    quantity = 0
    for place in range(places):
        if taken_lot[place] == lot:
            quantity += taken_quantity[place]
    return quantity


@kernel
def shortage_added(lots: Any, taken_lot: Any, taken_quantity: Any, places: int) -> int:
    """Units by which the takings push drugs (further) below their safety stock."""
    added = 0
    for place in range(places):
        drug = lots.drug[taken_lot[place]]
        before = lots.stock[drug]
        for earlier in range(place):
            if lots.drug[taken_lot[earlier]] == drug:
                before -= taken_quantity[earlier]
        after = before - taken_quantity[place]
        added += max(0, lots.safety[drug] - after) - max(0, lots.safety[drug] - before)
    return added


@kernel
def pick_lots(
    lots: Any,
    needs: Any,
    person: int,
    antigens: int,
    ward: int,
    start: int,
    place_matters: bool,
    price_rank: int,
    price_substitute: int,
    price_shortage: int,
    taken_need: Any,
    taken_lot: Any,
    taken_quantity: Any,
) -> tuple[int, int]:
    """Lots for every need of a stay that starts at ``start`` on a ward: (price, places used), price -1 if
    short.

    Price: ``price_rank`` per unit and lot passed over, ``price_substitute`` per lot of an equivalent,
    ``price_shortage`` per unit below the safety stock.
    """
    price = 0
    places = 0
    for need in range(needs.quantity.size):
        missing = needs.quantity[need]
        used_until = start + needs.use_within[need]
        for index in range(needs.choice_ptr[need], needs.choice_ptr[need + 1]):
            drug = needs.choice[index]
            for position in range(lots.drug_ptr[drug], lots.drug_ptr[drug + 1]):
                lot = lots.drug_lots[position]
                if missing == 0 or places == taken_lot.size:
                    break
                if lots.available[lot] <= 0 or not lot_may_serve(lots, lot, ward, used_until, place_matters):
                    continue
                if lots.is_blood[drug] and not blood_fits(lots, lot, person, antigens):
                    continue
                left = lots.available[lot] - _already_taken(taken_lot, taken_quantity, places, lot)
                quantity = min(missing, left)
                if quantity <= 0:
                    continue
                taken_need[places] = need
                taken_lot[places] = lot
                taken_quantity[places] = quantity
                places += 1
                missing -= quantity
                price += price_rank * quantity * lots.rank[lot]
                if not needs.asked[index]:
                    price += price_substitute
        if missing > 0:
            return -1, 0
    return price + price_shortage * shortage_added(lots, taken_lot, taken_quantity, places), places


def empty_needs() -> DrugNeeds:
    """No drugs needed."""
    none = np.zeros(0, np.int64)
    return DrugNeeds(none, none, np.zeros(1, np.int64), none, np.zeros(0, np.bool_))
