"""Models of made-up sentences: trained, asked, saved, loaded and made smaller.

Ten threads and ten dimensions: with fewer, or a number of weights that ten does not divide,
fasttext 0.9.3 leaves weights uninitialized.
"""

import math
import random

import fasttext
import pytest

TOPICS = {
    "fruit": ["apple", "pear", "plum", "cherry", "grape", "melon", "fig", "quince"],
    "metal": ["iron", "copper", "zinc", "silver", "gold", "tin", "lead", "nickel"],
    "beast": ["horse", "otter", "badger", "lynx", "moose", "weasel", "hare", "vole"],
}
SHAPE = {"dim": 10, "thread": 10, "verbose": 0, "minCount": 1, "bucket": 1000}


def sentences(count=600):
    numbers = random.Random(7)
    for _ in range(count):
        topic = numbers.choice(sorted(TOPICS))
        yield topic, " ".join(numbers.choices(TOPICS[topic], k=8))


@pytest.fixture(scope="module")
def labelled(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "labelled.txt"
    path.write_text("".join(f"__label__{topic} {text}\n" for topic, text in sentences()))
    return str(path)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    path = tmp_path_factory.mktemp("data") / "plain.txt"
    path.write_text("".join(f"{text}\n" for _, text in sentences()))
    return str(path)


@pytest.fixture(scope="module", params=["softmax", "hs", "ns", "ova"])
def classifier(request, labelled):
    return fasttext.train_supervised(labelled, loss=request.param, lr=0.5, epoch=20, **SHAPE)


def said_of(model, text):
    # Not model.predict: that asks numpy for something which numpy 2 refuses.
    return model.f.predict(f"{text}\n", 3, 0.0, "strict")


def test_a_classifier_tells_the_topics(classifier, labelled):
    count, precision, recall = classifier.test(labelled)
    assert count == 600
    assert precision > 0.95
    assert recall > 0.95
    for topic, words in TOPICS.items():
        (probability, label), *others = said_of(classifier, " ".join(words))
        assert label == f"__label__{topic}"
        assert all(probability > other for other, _ in others)
        assert 0 < probability < 1.001


def test_the_probabilities_of_softmax_are_a_whole(labelled):
    model = fasttext.train_supervised(labelled, loss="softmax", lr=0.5, epoch=5, **SHAPE)
    assert sum(p for p, _ in said_of(model, "apple copper hare")) == pytest.approx(1, abs=1e-3)


def test_a_saved_model_says_the_same(classifier, tmp_path):
    path = str(tmp_path / "model.bin")
    classifier.save_model(path)
    loaded = fasttext.load_model(path)
    assert loaded.get_dimension() == 10
    assert sorted(loaded.get_words()) == sorted(classifier.get_words())
    assert said_of(loaded, "tin zinc vole") == said_of(classifier, "tin zinc vole")
    assert list(loaded["cherry"]) == list(classifier["cherry"])


@pytest.mark.parametrize("method", ["skipgram", "cbow"])
def test_words_of_a_topic_are_near_each_other(plain, method):
    model = fasttext.train_unsupervised(
        plain, model=method, lr=0.1, epoch=40, minn=0, maxn=0, **SHAPE
    )
    right = 0
    for words in TOPICS.values():
        for word in words:
            [(_, nearest)] = model.get_nearest_neighbors(word, k=1)
            right += nearest in words
    assert right > 20


def test_a_word_is_the_mean_of_its_pieces(plain):
    model = fasttext.train_unsupervised(plain, minn=3, maxn=4, epoch=2, **SHAPE)
    pieces, rows = model.get_subwords("otter")
    assert pieces == ["otter", "<ot", "<ott", "ott", "otte", "tte", "tter", "ter", "ter>", "er>"]
    matrix = model.get_input_matrix()
    expected = [sum(matrix[row][i] for row in rows) / len(rows) for i in range(10)]
    assert list(model["otter"]) == pytest.approx(expected, abs=1e-5)
    unknown = model["ottering"]
    assert all(math.isfinite(number) for number in unknown)
    assert any(unknown)


def test_a_quantized_model_still_tells_the_topics(labelled, tmp_path):
    # With pairs of words there are more than the 256 rows that it takes.
    model = fasttext.train_supervised(labelled, lr=0.5, epoch=20, wordNgrams=2, **SHAPE)
    model.quantize(input=labelled, qnorm=True, retrain=False, thread=10)
    assert model.is_quantized()
    path = str(tmp_path / "model.ftz")
    model.save_model(path)
    assert fasttext.load_model(path).test(labelled)[1] > 0.95


def test_texts_are_tokens():
    assert fasttext.tokenize("a b\tc  ä\u00a0ö") == ["a", "b", "c", "ä\u00a0ö"]


def test_mistakes_are_exceptions(tmp_path):
    with pytest.raises(ValueError, match="cannot be opened"):
        fasttext.train_unsupervised(str(tmp_path / "none"), **SHAPE)
    (tmp_path / "none.bin").write_bytes(b"no model")
    with pytest.raises(ValueError, match="wrong file format"):
        fasttext.load_model(str(tmp_path / "none.bin"))
