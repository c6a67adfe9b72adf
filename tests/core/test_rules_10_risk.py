"""A tracker that sizes by its risk: the agent's increases never make the holding lose more at its stop (rule 10)."""

from __future__ import annotations

from nof1web.core.refusals import Code
from tests.core.scene import d
from tests.core.stage import BTC, Open, scenario


@scenario(Code.RISK_CAP)
def test_an_increase_that_would_risk_more_than_chosen_is_refused(stage: Open) -> None:
    play = stage(sizing="risk_at_stop", risk_percent="1", wallet=10000, total_margin="10000")
    play.starts()
    play.shows(5, play.btc(stop=900))
    before = play.held(BTC)
    assert play.shows(10, play.btc(4, stop=900)).codes == {BTC: Code.RISK_CAP}
    assert before and play.held(BTC) == before


def test_an_increase_fits_once_the_agents_stop_is_nearer(stage: Open) -> None:
    play = stage(sizing="risk_at_stop", risk_percent="1", wallet=10000, total_margin="10000")
    play.starts()
    play.shows(5, play.btc(stop=900))
    before = abs(play.held(BTC))
    play.shows(10, play.btc(4, stop=950))
    assert before < abs(play.held(BTC)) <= d(100) / d("50")
