"""The stage in which the candidate answers copies of live requests, which nobody sees."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from ajar.rollout import reins
from ajar.rollout.document import ShadowRun
from ajar.rollout.feed import Feed
from ajar.rollout.measures import gauges
from ajar.rollout.pairs import Pairs
from ajar.rollout.prices import prices

if TYPE_CHECKING:
    from ajar.config.model import Config
    from ajar.rollout.desk import Desk
    from ajar.rollout.document import Rollout
    from ajar.rollout.measures import Gauge
    from ajar.rollout.reins import Reins

_DAY_US: Final = 86_400_000_000
_SAVE_EVERY_US: Final = 5_000_000


def share_of_alpha(found: tuple[Gauge, ...], alpha: float) -> float:
    """The shadow's part of the chance of a wrong roll-back: that of one guard more."""
    guards = sum(gauge.measure.role == "guard" and gauge.measure.decides for gauge in found)
    return alpha / 2 / (guards + 1)


def reason_to_skip(document: Rollout, config: Config) -> str | None:
    """Why there is no shadow; None where there is one."""
    options = document.options
    if options.skip_shadow is not None:
        return f"left out: {options.skip_shadow}"
    if not options.shadow_share:
        return "the route's swap says share = 0"
    price = prices(config).get(document.candidate)
    if price is not None and not options.shadow_daily_usd and (price.input or price.output):
        return "the route's swap says daily_usd = 0"
    if price is None:
        return f"what {document.candidate} costs is not known (give it a `price`), so its budget could not be kept"
    return None


class Shadowing:
    """Of one rollout, while it runs. It has seen nothing before its first turn, and takes in all that there is first.

    Before it has, it decides and changes nothing: see `Canary`. Of a part, neither the pairs nor the costs are known.
    """

    def __init__(self, desk: Desk, document: Rollout, hold: Reins) -> None:
        self._desk = desk
        self._document = document
        self._hold = hold
        config = desk.setting.snapshot.config
        found = gauges(config.routes[document.route])
        self._at = 1 / share_of_alpha(found, document.options.alpha)
        share = document.options.shadow_share
        self._pairs = Pairs(document.control, document.candidate, found, prices(config), share)
        began = document.shadow.began if document.shadow else None
        self._feed = Feed(desk.setting.state_dir, document.route, document.id, began or document.created, copies=True)
        self._saved = 0

    def turn(self, now: int) -> str | None:
        """`worse` or `passed` once that is so. Keeps the copying within its budget meanwhile."""
        self._pairs.copying = {each.number for each in self._document.revisions if each.copying is not None}
        watermark = self._feed.poll(now, self._pairs.take, self._pairs.feedback, self._pairs.advance)
        entered = self._pairs.advance(watermark)
        if self._desk.note_reading(self._document, self._feed.read_to):
            return None
        self._report(now)
        if self._pairs.most >= self._at:
            return "worse"
        if self._pairs.pairs >= self._document.options.shadow_min:
            return "passed"
        changed = self._document.paused is None and self._keep_budget(now)
        if changed or (entered and now - self._saved >= _SAVE_EVERY_US):
            self._saved = now
            self._desk.save(self._document)
        return None

    def close(self) -> None:
        """Let go of the files."""
        self._feed.close()

    def _report(self, now: int) -> None:
        shadow = self._document.shadow
        assert shadow is not None
        pairs, day = self._pairs, now // _DAY_US
        shadow.copies, shadow.pairs, shadow.incomplete = pairs.copies, pairs.pairs, pairs.incomplete
        shadow.e, shadow.at = pairs.e, self._at
        shadow.cost_usd = sum(pairs.spent.values())
        shadow.today = f"{datetime.fromtimestamp(now / 1e6, UTC):%Y-%m-%d}"
        shadow.today_usd = pairs.spent.get(day, 0.0)
        shadow.standings = tuple(scale.standing for scale in pairs.scales)

    def _keep_budget(self, now: int) -> bool:
        """Stop copying for the rest of a day whose budget is spent, and begin anew; whether anything changed."""
        document, options = self._document, self._document.options
        spent = self._pairs.spent.get(now // _DAY_US, 0.0)
        # A candidate that costs nothing stays within any budget.
        over = spent > 0 and spent >= options.shadow_daily_usd
        copies = reins.experiments(document.revision)
        if over and copies:
            self._hold.put(f"the shadow spent its {options.shadow_daily_usd:g} USD of today")
            document.note(now, "shadow", "the day's budget is spent: no copies until tomorrow (UTC)")
        elif not over and not copies:
            self._hold.put("the shadow goes on", **reins.copying(document))
        else:
            return False
        return True


def begin(document: Rollout, hold: Reins, now: int) -> None:
    """The first revision of the shadow."""
    document.shadow = ShadowRun(verdict="running", began=now)
    hold.put(f"copies for {document.candidate}", **reins.copying(document))
