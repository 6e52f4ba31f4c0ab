"""Files of stays: read whole, or refused with every fault."""

import gzip

import pytest

from solver.admissions.stays import formats_pas, formats_xml, formats_year, plans
from solver.admissions.stays.door import faults
from solver.admissions.stays.problem import Policy, Surgery
from solver.engine.errors import InvalidInstance
from tests.roster_cases import public
from tests.stay_cases import PAS_TEXT, XML_TEXT, YEAR_TEXT, lying, patient, ward


@pytest.fixture
def written(tmp_path):
    """Writes a text, gives its path."""

    def write(text, name="file"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def refused(read, path):
    """The faults for which a file is refused, as one text."""
    with pytest.raises(InvalidInstance) as found:
        read(path)
    return str(found.value)


def test_nights_after_the_horizon_and_patients_without_any_do_not_count(written):
    problem = formats_pas.read(written(PAS_TEXT))
    assert [(one.id, one.specialisms) for one in problem.patients] == [
        ("1", ("1", "1")),
        ("2", ("1", "2", "2")),
    ]


def test_departments_and_rooms_are_read_with_their_levels(written):
    problem = formats_pas.read(written(PAS_TEXT))
    department = problem.departments[0]
    assert (department.least_age, department.most_age, department.specialisms) == (65, None, {"1": 1})
    assert [(room.policy, room.priorities) for room in problem.rooms] == [
        (Policy.SAME, {"1": 1, "2": 2}),
        (Policy.MALE, {"1": 3}),
    ]


def test_every_fault_of_a_text_is_named_with_its_line(written):
    text = PAS_TEXT.replace("| D |", "| X |").replace("70 F |", "70 K |").replace("| 1 1 2 |", "| 1 1 3 |")
    told = refused(formats_pas.read, written(text.replace("END.", "")))
    for part in ("policy", "sex", "3 nights", "cut off", "line 15", "line 22"):
        assert part in told


def test_a_line_that_is_not_whole_is_a_fault(written):
    for whole, part, line in (
        ("| M | 3 1 | 0", "| M | 3 1", "line 16"),
        ("| M | 3 1 | 0", "| M | 3 | 0", "line 16"),
        ("Elderly 65 0", "Elderly 65", "line 9"),
    ):
        assert line in refused(formats_pas.read, written(PAS_TEXT.replace(whole, part)))


def test_dates_become_days_and_slots_repeat_in_the_second_half(written):
    problem = formats_xml.read(written(gzip.compress(XML_TEXT.encode())))
    assert (problem.days, problem.counted) == (4, 2)
    assert problem.theatre.slots == {(1, "S"): 1, (3, "S"): 1}
    one, other, _ = problem.patients
    assert (one.surgery, one.days, one.latest, one.at_risk) == (Surgery("S", 40, 1), 2, 2, True)
    assert (other.surgery, other.room, other.latest, other.size) == (None, "R", 1, 6)


def test_every_fault_of_an_xml_file_is_named(written):
    text = XML_TEXT.replace('gender="Female"', 'gender="?"').replace('treatment="rest"', 'treatment="none"')
    told = refused(formats_xml.read, written(text.replace('admission="2030-01-31"', 'admission="soon"')))
    for part in ("'B', gender", "'C', treatment", "'C', admission", "'C', max_admission"):
        assert part in told


@pytest.mark.parametrize(
    "data",
    [b"<instance>", b"<!DOCTYPE a><a/>", gzip.compress(XML_TEXT.encode())[:200]],
    ids=["cut off", "document type", "damaged gzip"],
)
def test_bytes_that_are_no_plain_xml_are_refused(written, data):
    refused(formats_xml.read, written(data))


def test_a_year_leaves_out_who_stays_no_day(written):
    problem = formats_year.read(written(YEAR_TEXT))
    assert [(one.id, one.days, one.private) for one in problem.patients] == [("p", 2, True)]


def test_faults_of_a_year_are_named(written):
    told = refused(formats_year.read, written(YEAR_TEXT.replace('"W"', '"?"').replace("50", '"old"')))
    assert "patients[0], sex" in told
    assert "patients[1], age" in told
    assert "no JSON" in refused(formats_year.read, written(YEAR_TEXT[:-4]))


def test_the_public_years_are_read():
    assert len(formats_year.read(public("pra", "pra_load80_76.json.gz")).patients) == 175


def test_the_overfull_public_instance_is_read():
    assert len(formats_pas.read(public("pas", "overconstrained01.txt")).patients) == 519


def test_plans_are_written_and_read_again(tmp_path):
    plan = lying(("a", 0, "single"), ("a", 1, "double"))
    for header in (plans.NIGHTS, plans.DAYS):
        plans.write(plan, tmp_path / "plan.csv", header)
        assert plans.read(tmp_path / "plan.csv") == plan


def test_every_faulty_line_of_a_plan_is_named(written):
    told = refused(plans.read, written("who,when,where\na,1\nb,x,r\n"))
    for line in ("line 1", "line 2", "line 3"):
        assert line in told


def test_a_problem_that_contradicts_itself_is_told_whole():
    one = patient("a", 2, first=3, latest=1, registered=4, room="attic", size=0, surgery=Surgery("s", 0, 2))
    found = [fault.where for fault in faults(ward(one, patient("b", 0), patient("b")))]
    for part in ("latest admission", "stay", "registration", "'a', room", "room size", "surgery"):
        assert any(part in where for where in found), part
    assert "patient 'b'" in found
    assert "patient 'b', stay" in found
