"""What the demo shows is there to be seen."""

from __future__ import annotations

from conftest import MONDAY

from textrail.domain.inbox.rules.answers import Answer, Situation, decide
from textrail.project.demo import story


def test_the_machine_of_the_demo_is_recognised_when_its_first_text_would_be_answered() -> None:
    first = Answer(
        id=1,
        trigger="first_text",
        scope="number",
        place="Main line",
        keywords=(),
        body=story.FIRST_ANSWER,
        period_hours=0,
        quiet_minutes=0,
        after_voicemail=False,
    )
    met = Situation(
        event="text", sender=story.MACHINE_PHONE, at=MONDAY, body=story.MACHINE, is_first=True
    )
    decision = decide([first], met)
    assert decision.outcome == "stopped"
    assert "Auto-reply" in decision.why
