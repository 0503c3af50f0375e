"""On PostgreSQL several things at once are found by the narrowest facet, or by words that few comments have."""

from models.database.planner import expected_rows
from models.queries.arms import LOOKED_THROUGH_AFTER_ALL, LOOKED_THROUGH_MOST, SKIMMED_MOST, TOTAL_MOST, WALK_MOST
from models.queries.combined.facets import IN_ORDER, facets_of
from models.queries.combined.one_facet import facet_total, queue_looked_through, queue_walked, walked_beyond
from models.queries.combined.postgresql import section_walked, words_looked_through, words_total
from models.queries.queue_filter import Place
from service.desk.queue.combined.parts import PageAsked, Part, before_all, part_of, places_of


def find_on_postgresql(asked: PageAsked) -> Part | None:
    """All of the narrowest facet, where there are few enough to look at each; else a walk in order, where that fills a
    page; else all that fits. None where the order is one that is not walked through here."""
    session, wanted, order, limit, after = asked.session, asked.wanted, asked.order, asked.limit, asked.after
    few, many = LOOKED_THROUGH_MOST, LOOKED_THROUGH_AFTER_ALL
    sizes = {facet: session.scalar(facet_total(wanted, facet, many, sqlite=False)) or 0 for facet in facets_of(wanted)}
    facet = min(sizes, key=lambda one: sizes[one])
    said = expected_rows(session, words_total(wanted)) if wanted.q else float("inf")

    def looked_through(most: int, trust: float) -> Part | None:
        by_words = bool(wanted.q) and said <= trust * most and said < trust * sizes[facet]
        if by_words and (session.scalar(words_total(wanted, most)) or 0) <= most:
            return part_of(session, words_looked_through(wanted, order, limit, after, most=most))
        if sizes[facet] <= most:
            return part_of(session, queue_looked_through(wanted, facet, order, limit, after, most=most, sqlite=False))
        return None

    def walked(walk: int) -> list[Place]:
        met = places_of(session, queue_walked(wanted, way, order, limit, after, walk=walk, sqlite=False))
        return before_all(session, met, walked_beyond(wanted, way, order, after, walk=walk, sqlite=False), order)

    if (part := looked_through(few, trust=1)) is not None:
        return part
    if order in ("decided", "nearest"):
        return None
    in_order = [one for one in sizes if one in IN_ORDER and order == "priority"]
    way = min(in_order, key=lambda one: sizes[one], default=None)
    # All of it, which a shorter walk would begin for nothing where it meets too little.
    whole = way is not None and sizes[way] <= many
    skimmed = bool(wanted.section) and way is None and order == "priority"
    if skimmed:
        page, rest = section_walked(wanted, limit, after, walk=SKIMMED_MOST, most=WALK_MOST)
        met = before_all(session, places_of(session, page), rest, order)
    else:
        met = walked(many if whole else WALK_MOST)
    if whole and len(met) < limit and after is None:
        return Part(met, len(met))
    # As often as it has met some so far.
    if not skimmed and not whole and len(met) < limit and len(met) * many > limit * WALK_MOST:
        met = walked(many)
    if len(met) == limit:
        return Part(met, limit - 1, True)
    return looked_through(many, trust=0.5) or asked.gathered_or_paged(TOTAL_MOST)
