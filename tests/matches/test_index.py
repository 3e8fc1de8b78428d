"""An index says of a base what the base itself would say."""

import shutil
import socket
import subprocess
import time

import polars as pl
import pyarrow.parquet as pq
import pytest
from datasketch import MinHash
from test_candidates import records_of

from dedupkit.config import Settings
from dedupkit.errors import InputError
from dedupkit.matches import find_duplicates, index
from dedupkit.matches.fingerprints import sign
from dedupkit.matches.index import Index, is_index, write_index
from dedupkit.matches.streams import FrameRecords

WORDS = [f"word{number}" for number in range(400)]


def corpus(start, count):
    texts = [
        " ".join(WORDS[n * 3 % 300 : n * 3 % 300 + 60]) + f" own{n // 3}" for n in range(start, start + count)
    ]
    titles = [
        f"Some work number {n % 17} on {WORDS[n % 50]} and {WORDS[(n * 7) % 50]}"
        for n in range(start, start + count)
    ]
    return records_of(titles, texts)


@pytest.fixture
def base(tmp_path):
    records = corpus(0, 150)
    names = pl.DataFrame({"id": [f"b{n}" for n in range(150)], "place": [f"old:{n}" for n in range(150)]})
    write_index(records, names, tmp_path / "base.index", Settings())
    return records, tmp_path / "base.index"


def test_the_index_gives_what_its_base_gives(base):
    records, path = base
    new = corpus(100, 120)
    by_text = find_duplicates(new, Settings(), base=records)
    by_index = find_duplicates(new, Settings(), base=Index(path, Settings()))
    assert by_text.settled.marks.equals(by_index.settled.marks)
    assert by_text.settled.pairs.equals(by_index.settled.pairs)
    assert by_index.settled.pairs.height > 40
    marks = by_index.settled.marks
    assert set(marks["verdict"][: by_index.base]) == {"kept"}
    assert (by_index.settled.pairs["right"] >= by_index.base).all()


def test_the_batches_of_who_writes_do_not_matter(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "_BATCH", 32)
    records = corpus(0, 150)
    (whole,) = records.batches()
    names = pl.DataFrame({"id": [f"b{n}" for n in range(150)], "place": [f"old:{n}" for n in range(150)]})
    for size in (150, 47):
        rows = (
            index.rows_of(whole[first : first + size], names[first : first + size], Settings())
            for first in range(0, 150, size)
        )
        assert index.write_rows(rows, tmp_path / f"{size}.index", Settings()) == 150
    assert (tmp_path / "150.index").read_bytes() == (tmp_path / "47.index").read_bytes()
    found = find_duplicates(corpus(100, 20), Settings(), base=Index(tmp_path / "47.index", Settings()))
    assert found.base == 150


def test_the_index_holds_no_text(base):
    _, path = base
    assert b"word1" not in path.read_bytes()
    assert is_index(path)
    columns = pl.read_parquet_schema(path)
    assert [name for name, dtype in columns.items() if dtype == pl.String] == ["id", "place"]


@pytest.mark.parametrize("asked", [{"permutations": 64}, {"shingle_words": 4}])
def test_an_index_of_other_settings_is_refused(base, asked):
    with pytest.raises(InputError, match=next(iter(asked))):
        Index(base[1], Settings(**asked))


def test_an_index_of_another_version_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(index, "folds_sha256", lambda: "0" * 64)
    names = pl.DataFrame({"id": ["a"], "place": ["b"]})
    write_index(corpus(0, 1), names, tmp_path / "old", Settings())
    monkeypatch.undo()
    with pytest.raises(InputError, match="folds"):
        Index(tmp_path / "old", Settings())


def test_an_index_without_a_checksum_is_of_an_older_version(base, tmp_path):
    metadata = pq.read_metadata(base[1]).metadata
    table = pq.read_table(base[1]).replace_schema_metadata({b"dedupkit": metadata[b"dedupkit"]})
    pq.write_table(table, tmp_path / "old")
    assert is_index(tmp_path / "old")
    with pytest.raises(InputError, match="older version"):
        Index(tmp_path / "old", Settings())


@pytest.mark.parametrize("share", [0.0001, 0.3, 0.6, 0.9, 0.9999])
def test_an_index_with_one_changed_bit_is_refused(base, tmp_path, share):
    data = bytearray(base[1].read_bytes())
    data[int(share * len(data))] ^= 1
    (tmp_path / "bad").write_bytes(data)
    with pytest.raises(InputError, match=r"no index|checksum"):
        Index(tmp_path / "bad", Settings())


def test_no_index_is_told(tmp_path):
    (tmp_path / "x").write_text("no index")
    assert not is_index(tmp_path / "x")
    with pytest.raises(InputError, match="no index"):
        Index(tmp_path / "x", Settings())


def test_datasketch_queries_it_in_memory(base):
    records, path = base
    lsh = Index(path, Settings()).to_lsh()
    text = next(records.batches())["abstract"][7]
    query = MinHash(hashvalues=sign(pl.Series([text]), Settings()).signatures[0], scheme="affine32")
    assert "b7" in lsh.query(query)


@pytest.fixture
def redis_port(tmp_path, required):
    server = shutil.which("redis-server")
    if server is None:
        required("redis-server (Debian package) is not installed")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [server, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)],
        stdout=subprocess.DEVNULL,
    )
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield port
    process.terminate()
    process.wait(10)


def test_datasketch_queries_it_on_redis(base, redis_port):
    records, path = base
    config = {"type": "redis", "basename": b"dedupkit", "redis": {"host": "127.0.0.1", "port": redis_port}}
    lsh = Index(path, Settings()).to_lsh(config)
    text = next(records.batches())["abstract"][7]
    query = MinHash(hashvalues=sign(pl.Series([text]), Settings()).signatures[0], scheme="affine32")
    assert set(lsh.query(query)) == set(Index(path, Settings()).to_lsh().query(query))


def test_an_empty_base_is_told(tmp_path):
    with pytest.raises(InputError, match="no record"):
        write_index(FrameRecords(pl.DataFrame()), pl.DataFrame(), tmp_path / "none", Settings())
    assert list(tmp_path.iterdir()) == []
