"""Half a year of support in the demo world, written in a few statements: what the head of support reads off her charts.

Tickets and calls are fewer every month and deflections more, since the first articles were published.
"""

import random
from datetime import timedelta
from typing import Any

from sqlalchemy import insert, select, update

from portal.db import as_actor
from portal.policy import SYSTEM
from portal.seed.helping_days import AGENT, HELP_SINCE, PAST, PLAIN, days, moment
from portal.seed.helping_tickets import tell_tickets
from portal.seed.stories import Cast
from portal.support.knowledge import faults
from portal.support.knowledge.feedback_models import ArticleUse
from portal.support.knowledge.models import Article
from portal.support.matching.models import Deflection
from portal.support.numbers.keeping import keep_all, start_over
from portal.support.phone.models import Call


def tell_half_a_year(cast: Cast) -> None:
    """Write half a year of tickets, calls and deflections."""
    chance = random.Random(20)  # noqa: S311 - a story, no secret
    with as_actor(cast.session, SYSTEM):
        tell_tickets(cast, chance)
        _calls(cast, chance)
        _deflections(cast, chance)


def count(cast: Cast) -> None:
    """Count all that happened in the demo world, so that its figures are there at the first look."""
    with as_actor(cast.session, SYSTEM):
        start_over(cast.session)
        keep_all(cast.session, zone=cast.zone, now=cast.now, today=cast.day(cast.now))


def _calls(cast: Cast, chance: random.Random) -> None:
    known = [cast.actors["yuan"].organisation_id, cast.customers["haixing", "songhe"], None]
    rows: list[dict[str, Any]] = []
    for day, busy in days(cast):
        for _each in range(round(chance.uniform(1, 5) * busy)):
            number = f"+86 871 5550 {chance.randint(100, 999):04d}"
            key = "".join(filter(str.isdigit, number))
            rows.append({"call_key": f"{PAST}{len(rows)}", "source": "api", "number": number, "number_key": key,
                         "party_id": chance.choice(known), "person_id": cast.actors[AGENT].person_id,
                         "at": moment(cast, chance, day)})  # fmt: skip
    cast.session.execute(insert(Call), rows)


def _deflections(cast: Cast, chance: random.Random) -> None:
    """Let people help themselves with the articles, more of them every week; some come back all the same."""
    session, rows, tree = cast.session, list[dict[str, Any]](), faults.types(cast.session)
    readable = (Article.state == "published", Article.visibility == "public")  # by whoever helps himself here
    articles = session.scalars(select(Article).where(*readable).order_by(Article.id)).all()
    weights = [1 + 3 * (len(articles) - place) for place in range(len(articles))]
    people = ("yuan", "yuan", "lin", "su")
    for back in range(HELP_SINCE - 1, 0, -1):
        day = cast.day(cast.now) - timedelta(days=back)
        for _each in range(round(chance.uniform(0, 3.2) * (1 - 0.7 * back / HELP_SINCE))):
            who, article = chance.choice(people), chance.choices(articles, weights)[0]
            actor, at, fault = cast.actors[who], moment(cast, chance, day), _fault(tree, article, chance)
            state = "waiting" if back <= 7 else "counted" if chance.random() < 0.84 else "contacted"
            rows.append({
                "organisation_id": actor.organisation_id, "person_id": actor.person_id,
                "form_key": f"{PAST}{len(rows)}",
                "case_kind": "article", "case_id": article.id, "product_line": article.product_line, "fault": fault,
                "state": state, "at": at, "day": day, "settle_on": day + timedelta(days=8),
                "settled_at": None if state == "waiting" else at + timedelta(days=8 if state == "counted" else 3),
            })  # fmt: skip
    session.execute(insert(Deflection), rows)
    uses = {(row["case_id"], row["person_id"], row["day"]): row["organisation_id"] for row in rows}
    session.execute(insert(ArticleUse), [
        {"article_id": key[0], "kind": kind, "person_id": key[1], "organisation_id": organisation, "day": key[2]}
        for key, organisation in uses.items() for kind in ("read", "solved")
    ])  # fmt: skip
    for article in articles:
        helped = sum(key[0] == article.id for key in uses)
        values = {"reads": Article.reads + helped, "solved": Article.solved + helped}
        session.execute(update(Article).where(Article.id == article.id).values(values), execution_options=PLAIN)


def _fault(tree: faults.Tree, article: Article, chance: random.Random) -> str:
    leaves = tree.leaves(article.product_line) or tree.leaves("cameras")
    return chance.choice(leaves[:3]).key
