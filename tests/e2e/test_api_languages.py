"""Reasons in the language of the reader, whoever decided and whenever."""

from tests.api_service import bundle

CHINESE = {"Accept-Language": "zh-CN,zh;q=0.9,en;q=0.5"}
DIALYSIS = {"speciality": "medicine", "features": ["dialysis_point"]}


def chinese(text):
    return any("\u4e00" <= letter <= "\u9fff" for letter in text)


async def read(service, path, **headers):
    answer = await service.client.get(f"/api/v1{path}", headers={**await service.headers("bed"), **headers})
    assert answer.status_code == 200, answer.text
    return answer


async def test_a_reader_of_chinese_is_told_the_reasons_in_chinese_and_the_answer_says_so(service):
    answer = await service.post(
        "/requests",
        bundle(equipment=[{"type_id": "pump"}], drugs=[{"drug_id": "heparin", "quantity": 2}]),
        **CHINESE,
    )
    allocation = answer.json()["allocation"]
    assert answer.headers["Content-Language"] == "zh"
    assert answer.headers["Vary"] == "Accept-Language"
    assert len(allocation["reasons"]) > 3
    assert all(map(chinese, allocation["reasons"]))
    assert all(chinese(compared["sentence"]) for compared in allocation["compared"])


async def test_a_decision_made_for_a_reader_of_english_is_told_in_chinese_later(service):
    made = await service.place(equipment=[{"type_id": "pump"}])
    assert made.headers["Content-Language"] == "en"
    english = made.json()["allocation"]
    later = await read(service, f"/allocations/{english['id']}", **CHINESE)
    told = later.json()
    assert later.headers["Content-Language"] == "zh"
    assert len(told["reasons"]) == len(english["reasons"])
    assert all(map(chinese, told["reasons"]))
    assert not any(map(chinese, english["reasons"]))
    again = (await read(service, f"/allocations/{english['id']}")).json()
    assert again["reasons"] == english["reasons"]
    listed = (await read(service, "/requests", state="placed", **CHINESE)).json()["items"]
    assert listed[0]["allocation"]["reasons"] == told["reasons"]


async def test_what_stands_in_the_way_and_whom_to_call_are_told_in_either_language(service):
    answer = (await service.place(care=DIALYSIS)).json()
    english = answer["need"]
    told = (await read(service, f"/requests/{answer['request_id']}", **CHINESE)).json()
    need = told["need"]
    assert [b["rule_id"] for b in need["blocking"]] == [b["rule_id"] for b in english["blocking"]]
    assert all(chinese(b["sentence"]) for b in need["blocking"])
    assert need["call"] == "床位管理员、专科值班主任医师".replace("、", "；")
    assert english["call"] == "the bed manager; the consultant on call of the speciality"
    assert chinese(need["fallback"])
    assert english["fallback"].startswith("Stays in the emergency department. Responsible: the consultant")
    assert len(told["reasons"]) == len(answer["reasons"])
    assert all(map(chinese, told["reasons"]))
    assert "As things stand it does not fit within 72 hours." in answer["reasons"]


async def test_a_command_sent_again_is_answered_in_the_language_of_whoever_asks_now(service):
    headers = await service.headers("bed")
    first = await service.client.post("/api/v1/requests", headers=headers, json=bundle())
    again = await service.client.post("/api/v1/requests", headers=headers | CHINESE, json=bundle())
    assert again.headers["Idempotent-Replayed"] == "true"
    assert again.headers["Content-Language"] == "zh"
    assert again.json()["allocation"]["id"] == first.json()["allocation"]["id"]
    assert all(map(chinese, again.json()["allocation"]["reasons"]))


async def test_why_a_move_is_proposed_is_told_in_either_language(service):
    report = (await service.tell("bed_closed", bed_id="B1", reason="leak")).json()
    assert report["proposals"][0]["reason"] == "Bed B1 is closed."
    open_ones = (await read(service, "/proposals", **CHINESE)).json()["items"]
    assert open_ones[0]["reason"] == "床位 B1 已停用。"


async def test_sentences_survive_a_restart_of_the_service(place):
    from tests.api_service import running

    async with running(place) as service:
        answer = (await service.place(care=DIALYSIS)).json()
        await service.tell("bed_closed", bed_id="B1", reason="leak")
    async with running(place) as service:
        kept = (await read(service, f"/requests/{answer['request_id']}")).json()
        assert kept["reasons"] == answer["reasons"]
        ticked = await service.clock(1)
        assert ticked.status_code == 200
        reasons = [p["reason"] for p in (await read(service, "/proposals")).json()["items"]]
        assert reasons == ["Bed B1 is closed."]


async def test_the_rules_are_told_in_the_language_of_the_reader_and_in_both(service):
    for headers, language in (({}, "en"), (CHINESE, "zh")):
        answer = await read(service, "/rules", **headers)
        assert answer.headers["Content-Language"] == language
        assert all(rule["told"] == rule["sentence"][language] for rule in answer.json()["items"])
