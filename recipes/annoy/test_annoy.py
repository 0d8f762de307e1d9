"""Indexes of every metric against an exhaustive search in Python."""

import math
import random
from operator import mul, sub

import pytest
from annoy import AnnoyIndex

SIZE, ITEMS, NEIGHBOURS = 16, 300, 20


def _dot(a, b):
    return sum(map(mul, a, b))


def _angular(a, b):
    return math.sqrt(max(0.0, 2 - 2 * _dot(a, b) / math.sqrt(_dot(a, a) * _dot(b, b))))


def _manhattan(a, b):
    return sum(map(abs, map(sub, a, b)))


METRICS = {
    "angular": _angular,
    "euclidean": math.dist,
    "manhattan": _manhattan,
    "hamming": _manhattan,  # of zeros and ones
    "dot": _dot,
}


def vectors(metric):
    numbers = random.Random(7)
    draw = (lambda: numbers.randint(0, 1)) if metric == "hamming" else (lambda: numbers.gauss(0, 1))
    return [[float(draw()) for _ in range(SIZE)] for _ in range(ITEMS)]


@pytest.fixture(params=METRICS)
def metric(request):
    return request.param


@pytest.fixture
def built(metric):
    index = AnnoyIndex(SIZE, metric)
    index.set_seed(1)
    for number, vector in enumerate(vectors(metric)):
        index.add_item(number, vector)
    assert index.build(10)
    return index


def nearest(metric, vector):
    """Numbers and distances of the nearest items, by looking at each."""
    distances = [METRICS[metric](vector, other) for other in vectors(metric)]
    order = sorted(range(ITEMS), key=distances.__getitem__, reverse=metric == "dot")[:NEIGHBOURS]
    return order, [distances[number] for number in order]


def test_a_search_of_everything_finds_the_nearest(built, metric):
    for vector in vectors(metric)[:5]:
        numbers, distances = built.get_nns_by_vector(
            vector, NEIGHBOURS, search_k=100 * ITEMS, include_distances=True
        )
        expected, expected_distances = nearest(metric, vector)
        assert distances == pytest.approx(expected_distances, abs=1e-3)
        if metric != "hamming":  # whose distances are often the same
            assert numbers == expected


def test_a_quick_search_finds_most_of_them(built, metric):
    found = sum(
        len(
            {*built.get_nns_by_vector(vector, NEIGHBOURS, search_k=1000)}
            & {*nearest(metric, vector)[0]}
        )
        for vector in vectors(metric)[:20]
    )
    assert found > 20 * NEIGHBOURS * 0.5


def test_vectors_and_distances_come_back(built, metric):
    items = vectors(metric)
    assert built.get_n_items() == ITEMS
    assert built.get_n_trees() == 10
    for number in (0, 1, ITEMS - 1):
        assert built.get_item_vector(number) == pytest.approx(items[number], abs=1e-6)
        assert built.get_distance(number, 5) == pytest.approx(
            METRICS[metric](items[number], items[5]), abs=1e-3
        )


def test_a_saved_index_is_the_same(built, metric, tmp_path):
    path = str(tmp_path / "index.ann")
    assert built.save(path)
    loaded = AnnoyIndex(SIZE, metric)
    assert loaded.load(path)
    for number in range(0, ITEMS, 30):
        assert loaded.get_nns_by_item(number, 10) == built.get_nns_by_item(number, 10)
    with pytest.raises(Exception, match="can't add"):
        loaded.add_item(ITEMS, [0.0] * SIZE)
    loaded.unload()
    assert loaded.get_n_items() == 0


def test_an_index_is_built_on_disk(metric, tmp_path):
    index = AnnoyIndex(SIZE, metric)
    assert index.on_disk_build(str(tmp_path / "index.ann"))
    for number, vector in enumerate(vectors(metric)):
        index.add_item(number, vector)
    index.build(5, n_jobs=2)
    assert len(index.get_nns_by_item(0, 10)) == 10


def test_mistakes_are_exceptions(built):
    with pytest.raises(IndexError):
        built.get_nns_by_item(ITEMS, 1)
    with pytest.raises(IndexError):
        built.get_nns_by_vector([1.0], 1)
    with pytest.raises(ValueError, match="metric"):
        AnnoyIndex(SIZE, "no such metric")
