"""A member hands in an initiative, from the first hello to the code."""

from __future__ import annotations

from tests.box import Box, Person

PERSON = ("Nguyễn Văn An", "0912 345 678", "quang ngai", "doi sim", "[Công đoàn Trường THPT Đồi Sim]", "2")
QUESTIONS = ("[Thủ trưởng đơn vị]", "[Trong thời gian này]", "[Chưa]", "[Không]")
TEXT = "Mỗi lớp có một tủ sách nhỏ do học sinh tự quản, thay vì chờ mượn ở thư viện chung."


async def reach_text(person: Person) -> str:
    """Answer everything up to the description."""
    return await person.talks("/start", "[Tôi đồng ý]", "/sangkien", *PERSON, *QUESTIONS)


async def hand_in(person: Person, text: str = TEXT) -> str:
    """From the first hello to the code."""
    await reach_text(person)
    return await person.talks(text, "XONG", "[Gửi đi]")


async def test_from_the_first_hello_to_the_code(box: Box) -> None:
    box.furnish()
    an = box.person("An")
    assert "Kính chào anh/chị" in await an.says("/start")
    assert an.labels == ["Tôi đồng ý", "Không đồng ý"]
    assert "muốn nhận thông điệp" in await an.presses("Tôi đồng ý")
    assert an.labels == ["Nhận tin", "Không nhận tin"]
    assert "hỗ trợ việc gì" in await an.says("2")
    assert "Bước 1/10" in await an.says("1")
    assert "Bước 2/10" in await an.says("Nguyễn Văn An")
    assert "Bước 3/10" in await an.says("0912 345 678")
    assert "Bước 4/10" in await an.says("quang ngai")
    assert "Đồi Sim" in " ".join([await an.says("doi sim"), *an.labels])
    assert "Bước 5/10" in await an.presses("Công đoàn Trường THPT Đồi Sim")
    assert "Bước 6/10" in await an.says("2")
    assert "Bước 10/10" in await an.talks(*QUESTIONS)
    assert "82/1.000" in await an.says(TEXT)
    preview = await an.says("XONG")
    for shown in ("Nguyễn Văn An", "0912 345 678", "Đồi Sim", "Thủ trưởng đơn vị", TEXT):
        assert shown in preview
    done = await an.presses("Gửi đi")
    assert "Mã hồ sơ: SK-" in done
    assert "Nơi tiếp nhận: Công đoàn Trường THPT Đồi Sim" in done
