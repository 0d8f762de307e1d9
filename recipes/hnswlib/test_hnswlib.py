"""Indexes of every space against an exhaustive search with numpy."""

import pickle

import hnswlib
import numpy as np
import pytest

ITEMS, QUERIES, NEIGHBOURS = 600, 50, 10


def _inner(queries, items):
    return 1 - queries @ items.T


def _cosine(queries, items):
    lengths = np.linalg.norm(queries, axis=1)[:, None] * np.linalg.norm(items, axis=1)
    return 1 - queries @ items.T / lengths


def _squares(queries, items):
    return ((queries[:, None, :] - items[None, :, :]) ** 2).sum(axis=2)


SPACES = {"l2": _squares, "ip": _inner, "cosine": _cosine}


# The distance functions take 16 or 4 numbers at a time, and what is left over one by one.
@pytest.fixture(params=[4, 16, 19, 32, 37], ids=lambda size: f"size{size}")
def items(request):
    shape = (ITEMS, request.param)
    return np.random.default_rng(7).normal(size=shape).astype(np.float32)


@pytest.fixture(params=SPACES)
def space(request):
    return request.param


def index_of(space, items):
    index = hnswlib.Index(space=space, dim=items.shape[1])
    index.init_index(max_elements=len(items), ef_construction=200, M=16, random_seed=1)
    index.set_ef(200)
    index.add_items(items, np.arange(len(items)), num_threads=2)
    return index


def nearest(space, items):
    distances = SPACES[space](items[:QUERIES].astype(float), items.astype(float))
    labels = np.argsort(distances, axis=1)[:, :NEIGHBOURS]
    return labels, np.take_along_axis(distances, labels, axis=1)


@pytest.mark.parametrize("space", ["l2", "ip"])  # for cosine it doesn't normalize queries
def test_the_brute_force_index_finds_the_nearest(space, items):
    index = hnswlib.BFIndex(space=space, dim=items.shape[1])
    index.init_index(max_elements=ITEMS)
    index.add_items(items)
    labels, distances = index.knn_query(items[:QUERIES], k=NEIGHBOURS)
    expected, expected_distances = nearest(space, items)
    np.testing.assert_array_equal(labels, expected)
    np.testing.assert_allclose(distances, expected_distances, rtol=1e-4, atol=1e-4)


def test_the_graph_finds_nearly_all_of_them(space, items):
    labels, distances = index_of(space, items).knn_query(items[:QUERIES], k=NEIGHBOURS)
    expected, expected_distances = nearest(space, items)
    assert (labels == expected).mean() > 0.95
    same = labels == expected
    np.testing.assert_allclose(distances[same], expected_distances[same], rtol=1e-4, atol=1e-4)


def test_a_saved_and_a_pickled_index_are_the_same(space, items, tmp_path):
    index = index_of(space, items)
    path = str(tmp_path / "index.bin")
    index.save_index(path)
    loaded = hnswlib.Index(space=space, dim=items.shape[1])
    loaded.load_index(path, max_elements=ITEMS)
    loaded.set_ef(200)
    expected, _ = index.knn_query(items[:QUERIES], k=NEIGHBOURS)
    for other in (loaded, pickle.loads(pickle.dumps(index))):
        labels, _ = other.knn_query(items[:QUERIES], k=NEIGHBOURS)
        np.testing.assert_array_equal(labels, expected)
        assert other.get_current_count() == ITEMS


def test_items_come_back_are_deleted_and_filtered(items):
    index = index_of("l2", items)
    np.testing.assert_array_equal(index.get_items([3, 5]), items[[3, 5]])
    assert sorted(index.get_ids_list()) == list(range(ITEMS))
    index.mark_deleted(0)
    assert index.knn_query(items[0], k=1)[0][0, 0] != 0
    index.unmark_deleted(0)
    assert index.knn_query(items[0], k=1)[0][0, 0] == 0
    labels, _ = index.knn_query(items[:9], k=3, num_threads=1, filter=lambda label: label % 2 == 0)
    assert not (labels % 2).any()


def test_a_full_index_is_an_exception_and_can_grow(items):
    index = index_of("l2", items)
    with pytest.raises(RuntimeError):
        index.add_items(items[:1], [ITEMS])
    index.resize_index(ITEMS + 1)
    index.add_items(items[:1] + 100, [ITEMS])
    assert index.knn_query(items[0] + 100, k=1)[0][0, 0] == ITEMS
