"""Made records that hold what matching decides about, as files of several kinds; and runs of them on both engines."""

import json
import random
from datetime import date, timedelta
from pathlib import Path

import polars as pl

SEEDS = Path(__file__).parents[2] / "seeds"
CASES = json.loads((Path(__file__).parents[1] / "matches" / "cases.json").read_text("utf-8"))

#: What ``clean`` writes.
RESULTS = ("records.parquet", "clean.parquet", "pairs.parquet", "unparsed.parquet", "facts.json")

_COMMON = (
    "the of and in to we a for that with on as by is are from this an be which it show results method model data "
    "paper problem approach new using based two can these large small time number general study propose present"
).split()
_SPECIFIC = (
    "sorting networks whales migration lattice bosons graph spectral entropy neural training learning adaptive coastal "
    "sediment enzyme protein folding turbulence boundary layers quantum error correction codes stellar winds plasma "
    "auction markets liquidity pricing grammar parsing translation dialect phoneme memory caching compilers register "
    "allocation proofs automata languages topology manifolds curvature cohomology galaxies clusters lensing surveys "
    "vaccines antibodies mutation lineage forests drought carbon soil nitrogen glacier retreat permafrost methane"
).split()
_NAMES = "Lovelace Hopper Turing Noether Germain Franklin Curie Hodgkin Meitner Goeppert Kovalevskaya Mirzakhani".split()
_GIVEN = "Ada Grace Alan Emmy Sophie Rosalind Marie Dorothy Lise Maria Sofia Maryam".split()


class Writer:
    """Makes titles, abstracts and authors that nobody has written yet."""

    def __init__(self, seed):
        self._random = random.Random(seed)

    def words(self, count):
        return [
            self._random.choice(_COMMON if self._random.random() < 0.45 else _SPECIFIC) for _ in range(count)
        ]

    def abstract(self, count=None):
        return " ".join(self.words(count or self._random.randint(45, 90))).capitalize() + "."

    def title(self, count=6):
        return " ".join(self._random.sample(_SPECIFIC, count)).title()

    def edited(self, text, changes):
        words = text.split()
        for _ in range(changes):
            words[self._random.randrange(len(words))] = self._random.choice(_SPECIFIC)
        return " ".join(words)

    def authors(self):
        return [
            f"{self._random.choice(_GIVEN)} {self._random.choice(_NAMES)}"
            for _ in range(self._random.randint(1, 3))
        ]

    def day(self):
        return date(2015, 1, 1) + timedelta(days=self._random.randrange(3000))

    def record(self, **changes):
        made = {
            "title": self.title(),
            "abstract": self.abstract(),
            "authors": self.authors(),
            "published": self.day(),
        }
        return made | changes

    def shuffled(self, rows):
        return self._random.sample(rows, len(rows))


def made_records(seed=11):
    """About 350 records: dictionaries of ``title``, ``abstract``, ``authors`` and ``published``."""
    writer = Writer(seed)
    rows = [writer.record() for _ in range(80)]
    rows += [*_likes(writer, rows), *_crowds(writer), *_columns(writer)]
    rows.append(rows[0] | {"title": "\N{EM DASH}", "abstract": ""})  # no word
    rows.append(rows[1] | {"title": None, "abstract": None})
    for case in CASES:
        texts = _texts(writer)
        rows += [_of_case(row, texts) for row in case["records"]]
    return writer.shuffled(rows)


def _likes(writer, rows):
    """Records like others."""
    for row in rows[:12]:  # copies but for case, filled from each other
        yield row | {"title": row["title"].upper(), "authors": [], "published": None}
    for row in rows[12:24]:  # near
        yield row | {"abstract": writer.edited(row["abstract"], 3), "authors": []}
    for row in rows[24:30]:  # renamed, by the same authors
        yield row | {"title": writer.title()}
    for row in rows[30:38]:  # cut
        yield row | {"abstract": " ".join(row["abstract"].split()[:30]) + "…"}
    for row in rows[38:46]:  # a title alone
        yield row | {"abstract": None, "published": None}
    for row in rows[46:52]:  # one abstract under unrelated titles
        yield writer.record(abstract=row["abstract"])
    for row in rows[52:55]:  # chains
        text = row["abstract"]
        for _ in range(6):
            text = writer.edited(text, 5)
            yield row | {"abstract": text, "title": None}
    for row in rows[55:60]:  # a notice, and a placeholder for a title
        yield row | {"abstract": "No abstract available."}
        yield row | {"title": "Untitled"}


def _crowds(writer):
    """Records that share an abstract, or much of it, or words of their titles, with many."""
    text, other = writer.abstract(), writer.abstract(60)
    yield from (writer.record(abstract=text) for _ in range(9))  # under too many titles for a paper's
    yield from (writer.record(abstract="See the journal.") for _ in range(4))
    yield from (writer.record(abstract=writer.edited(other, 1), title=None, authors=[]) for _ in range(30))
    yield from (writer.record(title=f"Sorting of {writer.title(2)}") for _ in range(20))


def _columns(writer):
    """The title of a column: over many years, and undated."""
    undated = {"title": "Coastal Letters", "published": None, "authors": ["Ada Lovelace"]}
    yield writer.record(**undated)
    yield writer.record(**undated | {"abstract": None})
    yield from (
        writer.record(title="Coastal Letters", published=date(2016 + year, 3, 1)) for year in range(4)
    )


def _texts(writer):
    """The texts that golden cases name, in other words for each case."""
    words = writer.words(80)
    text = " ".join(words)
    return {
        "LOREM": text,
        "LOREM_EDITED": writer.edited(text, 1),
        "LOREM_CUT": " ".join(words[:38]),
        "LOREM_2019": f"{text} as of 2019",
        "LOREM_2020": f"{text} as of 2020",
        "LOREM_TASK": " ".join([*words[:60], "hope speech detection"]),
        "LOREM_OTHER_TASK": " ".join([*words[:52], "metaphor retrieval as a task of its own"]),
        "LOREM_REWRITTEN": " ".join([*words[20:50], *writer.words(28)]),
        "OTHER": writer.abstract(40),
    }


def _of_case(row, texts):
    """A record of a golden case."""
    title, abstract, authors = [*row, None, None][:3]
    return {
        "title": title,
        "abstract": texts.get(abstract, abstract),
        "authors": authors or [],
        "published": None,
    }


def write_corpus(folder):
    """Files of several kinds, whose own columns and types clash; the folder."""
    rows = made_records()
    parts = [rows[:150], rows[150:210], rows[210:270], rows[270:]]
    (folder / "deep" / "er").mkdir(parents=True)
    pl.DataFrame(
        {
            "id": range(len(parts[0])),
            "title": [row["title"] for row in parts[0]],
            "text": [row["abstract"] for row in parts[0]],
            "authors": [row["authors"] for row in parts[0]],
            "published": [row["published"] and row["published"].isoformat() for row in parts[0]],
            "comment_count": [
                "many" if place == 140 else str(place) if place % 3 else None for place in range(150)
            ],
            "author_count": [str(len(row["authors"])) if row["authors"] else None for row in parts[0]],
            "stars": range(150),
            "tags": [["a", None, "b"][: place % 4] for place in range(150)],
            "verdict": [f"said {place}" for place in range(150)],
        }
    ).write_parquet(folder / "deep" / "papers.parquet", row_group_size=40)
    pl.DataFrame(
        {
            "abstract": [row["abstract"] for row in parts[1]],
            "title": [row["title"] for row in parts[1]],
            "published": [row["published"] for row in parts[1]],
            "comment_count": range(60),
            "stars": [place / 4 for place in range(60)],
            "tags": [{"name": f"t{place}"} for place in range(60)],
            "nothing": range(60),
            "organisation": [None if place % 5 else "NVIDIA" for place in range(60)],
        },
        schema_overrides={"published": pl.Date},
    ).write_parquet(folder / "deep" / "er" / "more.parquet")
    pl.DataFrame(
        {
            "title": [row["title"] for row in parts[2]],
            "abstract": [row["abstract"] for row in parts[2]],
            "authors": ["; ".join(row["authors"]) for row in parts[2]],
            "year": [row["published"] and row["published"].year for row in parts[2]],
            "stars": ["none"] * 60,
        }
    ).write_csv(folder / "list.csv")
    lines = [
        {
            "title": row["title"],
            "content": row["abstract"],
            "authors": row["authors"],
            "published": row["published"] and row["published"].isoformat(),
            "nothing": None,
            "language": "none of ours",
        }
        for row in parts[3]
    ]
    (folder / "lines.jsonl").write_text("".join(f"{json.dumps(line)}\n" for line in lines), "utf-8")
    dump = sorted(SEEDS.glob("*.txt"))[3].read_text("utf-8").splitlines()
    (folder / "page.txt").write_text("\n".join(dump[:330]), "utf-8")
    pl.DataFrame(schema={"title": pl.String, "stars": pl.Date, "alone": pl.Int8}).write_parquet(
        folder / "empty.parquet"
    )
    (folder / "nobody.csv").write_text("title,abstract\n", "utf-8")
    (folder / "read.me").write_text("of no kind that is read", "utf-8")
    return folder


def write_table(path, rows=None):
    """A Parquet table with ids, of so many of the made records."""
    records = made_records(12)[:rows]
    pl.DataFrame(
        {
            "key": [f"k{place * 7 % 1009}" for place in range(len(records))],
            "title": [row["title"] for row in records],
            "abstract": [(row["abstract"] or "").replace("the", "â€™the") or None for row in records],
            "authors": ["; ".join(row["authors"]) for row in records],
            "published": [row["published"] for row in records],
            "comment_count": [
                "many" if place == 170 else None if place % 2 else "3" for place in range(len(records))
            ],
        },
        schema_overrides={"published": pl.Date},
    ).write_parquet(path, row_group_size=64)
    return path


def different(folder, other, names):
    """Which files of two folders differ."""
    return [name for name in names if (folder / name).read_bytes() != (other / name).read_bytes()]


def break_page(path):
    """Overwrite bytes in the middle of a Parquet file; its foot stays whole."""
    import pyarrow.parquet as pq  # noqa: PLC0415  wanted here alone

    group = pq.read_metadata(path).row_group(pq.read_metadata(path).num_row_groups - 1)
    start = min(
        group.column(place).dictionary_page_offset or group.column(place).data_page_offset
        for place in range(group.num_columns)
    )
    data = bytearray(path.read_bytes())
    data[start : start + 400] = b"\xff" * 400
    path.write_bytes(bytes(data))
