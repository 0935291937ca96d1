"""Every mistake a mapping file can hold is one sentence with the file's name."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.errors import MappingError
from core.formats.mapping import read_map

PAIR = '[pair]\nprompt = "q"\nfirst = "a"\nsecond = "b"\n'
ORDER = PAIR + '[label]\nfrom = "order"\n'
SIGN = PAIR + '[label]\ncolumn = "l"\nsign = "positive_is_first"\n'
HUGE = "1" + "0" * 400


def write_map(folder: Path, text: str) -> Path:
    path = folder / "map.toml"
    path.write_text(text, "utf-8")
    return path


WRONG: list[tuple[str, str]] = [
    ("", "has no .pair."),
    (PAIR, "has no .label."),
    (ORDER + "[other]\n", "has no key 'other'"),
    (ORDER.replace("first =", "frist ="), "has no key 'frist'"),
    (PAIR.replace('first = "a"\n', "") + '[label]\nfrom = "order"\n', "must say first"),
    (ORDER.replace('"a"', "1"), "first must be a text"),
    (ORDER.replace('"q"', "[1]"), "prompt must be a path or a list of paths"),
    (ORDER.replace('"a"', '"a..x"'), "is not a path"),
    (PAIR + "[label]\n", "must say column"),
    (PAIR + '[label]\nfrom = "first"\n', "must say from"),
    (PAIR + '[label]\nfrom = "order"\ncolumn = "l"\n', "not both"),
    (PAIR + '[label]\ncolumn = "l"\n', "must say either values or sign"),
    (PAIR + '[label]\ncolumn = "l"\nsign = "up"\n', "sign must be"),
    (PAIR + '[label]\ncolumn = "l"\nvalues = {A = "tie"}\nzero = 1\n', "zero needs sign"),
    (PAIR + '[label]\nfrom = "order"\nzero = 1\n', "not both"),
    *((f"{SIGN}zero = {zero}\n", "zero must be") for zero in ("inf", "nan", '"1"', "true", HUGE)),
    (PAIR + '[label]\ncolumn = "l"\nvalues = {A = "chosen"}\n', "'A' cannot mean 'chosen'"),
    (PAIR + '[label]\ncolumn = "l"\nvalues = {A = "agrees"}\n', "'A' cannot mean 'agrees'"),
    (PAIR + '[label]\ncolumn = "l"\nvalues = []\n', "values must be a table"),
    (PAIR + '[label]\nfrom = "votes"\n', "there is no ..votes.."),
    (ORDER + '[scores]\nrun = "x"\n', "write scores as"),
    (ORDER + '[[scores]]\nfirst = "s"\n', "must say either run or run_path"),
    (ORDER + '[[scores]]\nrun = "x"\n', "must say first, second or both"),
    (ORDER + '[[scores]]\nrun = "x"\nfirst = "s"\nleaks_label = "no"\n', "must be true or false"),
    (ORDER + '[[votes]]\ncolumn = "v"\nsign = "positive_is_first"\n', "either annotator or"),
    ("name = 3\n" + ORDER, "name must be a text"),
    ("= broken", "is not valid TOML"),
    (f"name = 1{'0' * 5000}", "is not valid TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "sentence"), WRONG)
def test_a_wrong_map_is_one_sentence_with_its_name(
    tmp_path: Path, text: str, sentence: str
) -> None:
    path = write_map(tmp_path, text)
    with pytest.raises(MappingError, match=sentence) as caught:
        read_map(path)
    assert "\n" not in caught.value.message
    assert "map.toml" in caught.value.message or "path" in caught.value.message


def test_a_map_that_is_not_there_says_so(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        read_map(tmp_path / "none.toml")
