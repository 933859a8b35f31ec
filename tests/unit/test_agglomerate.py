"""Agglomeration by average link."""

from aggregator.stories.agglomerate import agglomerate


def grouped(
    likenesses: dict[tuple[int, int], float], size: int, *, at: float, fixed: list[list[int]] | None = None
) -> list[list[int]]:
    rows: list[dict[int, float]] = [{} for _ in range(size)]
    for (one, other), likeness in likenesses.items():
        rows[one][other] = rows[other][one] = likeness
    groups = fixed or [[member] for member in range(size)]
    return agglomerate(rows, groups, thresholds=[at] * (size + 1), may_join=lambda _ones, _others: True)


def test_a_chain_of_pairs_is_not_one_group() -> None:
    chain = {(0, 1): 0.5, (1, 2): 0.45, (2, 3): 0.5}
    assert grouped(chain, 4, at=0.3) == [[0, 1], [2, 3]]


def test_the_most_alike_are_put_together_first() -> None:
    assert grouped({(0, 1): 0.4, (1, 2): 0.9}, 3, at=0.3) == [[0], [1, 2]]


def test_what_is_together_from_the_start_stays_together() -> None:
    assert grouped({(0, 1): 0.9}, 3, at=0.3, fixed=[[0, 2], [1]]) == [[0, 1, 2]]
    assert grouped({}, 3, at=0.3, fixed=[[0, 2], [1]]) == [[0, 2], [1]]


def test_a_veto_keeps_groups_apart_and_others_may_still_join() -> None:
    rows: list[dict[int, float]] = [{1: 0.9, 2: 0.5}, {0: 0.9, 2: 0.5}, {0: 0.5, 1: 0.5}]
    found = agglomerate(
        rows, [[0], [1], [2]], thresholds=[0.4] * 4, may_join=lambda ones, others: not {0, 1} <= {*ones, *others}
    )
    assert found == [[0, 2], [1]]


def test_nothing_gives_nothing() -> None:
    assert grouped({}, 0, at=0.3) == []
