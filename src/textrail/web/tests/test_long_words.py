from __future__ import annotations

import pytest
from django.template import Context, Template

from textrail.web.long_words import breakable

LONG = "pi_" + "3" * 30


def marked(word: str) -> str:
    return f'<span class="long-word">{word}</span>'


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (f"<td>{LONG}</td>", f"<td>{marked(LONG)}</td>"),
        (f"<td>Order\n{LONG} came</td>", f"<td>Order\n{marked(LONG)} came</td>"),
        (f"<td>{LONG[1:]}</td>", f"<td>{LONG[1:]}</td>"),
        ("<td>" + "ab " * 40 + "</td>", "<td>" + "ab " * 40 + "</td>"),
        # What was escaped is counted as it is read, and is not cut.
        ("<td>" + "&lt;" * 32 + "</td>", "<td>" + "&lt;" * 32 + "</td>"),
        ("<td>" + "&lt;" * 33 + "</td>", f"<td>{marked('&lt;' * 33)}</td>"),
        # Attributes, fields and drawings are no text of a cell.
        (f'<td title="a &gt; {LONG}">a</td>', f'<td title="a &gt; {LONG}">a</td>'),
        (f"<textarea>\n{LONG}</textarea>", f"<textarea>\n{LONG}</textarea>"),
        (
            f"<svg><title>{LONG}</title></svg>{LONG}",
            f"<svg><title>{LONG}</title></svg>{marked(LONG)}",
        ),
        (
            f"<select><option>{LONG}</select><td>{LONG}</td>",
            f"<select><option>{LONG}</select><td>{marked(LONG)}</td>",
        ),
    ],
)
def test_a_long_word_is_marked_and_nothing_else(content: str, shown: str) -> None:
    assert breakable(content) == shown


def test_every_table_marks_its_long_words_and_escapes_them() -> None:
    row = Template('{% table label="Orders" %}<tr><td>{{ order }}</td></tr>{% endtable %}')
    shown = row.render(Context({"order": "<b>" + LONG}))
    assert f"<td>{marked('&lt;b&gt;' + LONG)}</td>" in shown
