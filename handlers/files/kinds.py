"""Which files are taken: told by their first bytes, never by their names, and never opened."""

from __future__ import annotations

import io
import re
import zipfile

from storage.files import Kind

LONGEST_NAME = 100
MOST_ENTRIES = 2_000
"""In an office document; a table of contents with hundreds of thousands takes seconds to read."""
ENTRY = b"PK\x01\x02"
"""Before each entry of a zip file's table of contents (APPNOTE.TXT, 4.3.12)."""
UNSAFE = re.compile(r'[\x00-\x1f\x7f/\\:*?"<>|\s]+')

DOCUMENTS = (Kind.PDF, Kind.DOCX, Kind.XLSX, Kind.PNG, Kind.JPEG)
OFFICE_PARTS = {Kind.DOCX: "word/document.xml", Kind.XLSX: "xl/workbook.xml"}
"""What an office document has inside; everything else that is zipped is refused, and so is one with macros."""


MEDIA_TYPES = {
    Kind.PDF: "application/pdf",
    Kind.PNG: "image/png",
    Kind.JPEG: "image/jpeg",
    Kind.DOCX: "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    Kind.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def kind_of(content: bytes) -> Kind | None:
    """What a file is by its first bytes; None for whatever is not taken: programs, pages, macros, archives."""
    if content.startswith(b"%PDF-"):
        return Kind.PDF
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return Kind.PNG
    if content.startswith(b"\xff\xd8\xff"):
        return Kind.JPEG
    return _office_kind(content) if content.startswith(b"PK\x03\x04") else None


def _office_kind(content: bytes) -> Kind | None:
    """Looks at the table of contents only: nothing is unpacked."""
    if content.count(ENTRY) > MOST_ENTRIES:
        return None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            inside = set(archive.namelist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError):  # the last: a zip version the library does not know
        return None
    if any(name.endswith("vbaProject.bin") for name in inside):
        return None
    return next((kind for kind, part in OFFICE_PARTS.items() if part in inside), None)


def clean_name(name: str, kind: Kind) -> str:
    """A file's name without folders and control signs, ending as what it is."""
    stem = UNSAFE.sub(" ", name.replace("\\", "/").rpartition("/")[2]).strip(" .")
    stem = stem.rpartition(".")[0] or stem
    return f"{stem[:LONGEST_NAME].strip() or 'tep'}.{kind.value}"
