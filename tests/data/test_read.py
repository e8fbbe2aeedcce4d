"""Every source a table may come from, and the one line for each that cannot be read."""

from __future__ import annotations

import functools
import http.server
import threading

import fsspec
import pandas as pd
import pytest

from automl_lab.core.errors import RequestError
from automl_lab.data.prepare import prepare
from automl_lab.data.read import SKLEARN_TABLES, read

FRAME = pd.DataFrame({"age": [31, 42, 53], "city": ["Ulm", "Köln, Süd", "Bonn"], "pay": [1.5, 2.5, None]})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


WRITERS = {
    "t.csv": lambda path: FRAME.to_csv(path, index=False),
    "t.csv.gz": lambda path: FRAME.to_csv(path, index=False),
    "t.zip": lambda path: FRAME.to_csv(path, index=False, compression={"method": "zip", "archive_name": "t.csv"}),
    "semicolons.csv": lambda path: FRAME.to_csv(path, index=False, sep=";"),
    "t.tsv": lambda path: FRAME.to_csv(path, index=False, sep="\t"),
    "pipes.txt": lambda path: FRAME.to_csv(path, index=False, sep="|"),
    "marked.csv": lambda path: FRAME.to_csv(path, index=False, encoding="utf-8-sig"),
    "wide.csv": lambda path: FRAME.to_csv(path, index=False, encoding="utf-16"),
    "windows.csv": lambda path: FRAME.to_csv(path, index=False, encoding="cp1252"),
    "t.parquet": lambda path: FRAME.to_parquet(path, index=False),
    "t.feather": FRAME.to_feather,
    "t.json": lambda path: FRAME.to_json(path, orient="records"),
    "columns.json": FRAME.to_json,
    "t.jsonl": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "lines.json": lambda path: FRAME.to_json(path, orient="records", lines=True),
    "no_ending_but_magic": lambda path: FRAME.to_parquet(path, index=False),
}


@pytest.mark.parametrize("name", WRITERS)
def test_a_file(folder, name):
    if name == "t.zip":
        name = "t.csv.zip"
        WRITERS["t.zip"](folder / name)
    else:
        WRITERS[name](folder / name)
    found = read(name)
    assert found.to_dict("list")["city"] == FRAME["city"].tolist()
    assert found["age"].tolist() == FRAME["age"].tolist()
    assert found["pay"].astype(float).fillna(-1).tolist() == [1.5, 2.5, -1]
    assert list(found.columns) == list(FRAME.columns)
    assert read(str(folder / name)).equals(found)
    assert read((folder / name).as_uri()).equals(found)


def test_a_semicolon_file_with_decimal_commas_becomes_numbers(folder):
    pd.DataFrame({"size": [1.5, 2.25, 3.5] * 20, "y": ["a", "b", "a"] * 20}).to_csv("t.csv", index=False, sep=";", decimal=",")
    frame = prepare(read("t.csv"), source="t.csv", target="y").frame
    assert frame["size"].tolist()[:3] == [1.5, 2.25, 3.5]


def test_commas_inside_quotes_do_not_count(folder):
    (folder / "t.csv").write_text('id;text\n1;"a, b, c"\n2;"d, e"\n')
    assert read("t.csv").shape == (2, 2)


def test_blanks_after_commas_belong_to_no_value(folder):
    (folder / "t.csv").write_text("age, income\n39, <=50K\n")
    assert read("t.csv").to_dict("records") == [{"age": 39, "income": "<=50K"}]


def test_a_folder_of_parquet_with_partitions(folder):
    for year in (2024, 2025):
        (folder / "sales" / f"year={year}").mkdir(parents=True)
        FRAME.to_parquet(folder / "sales" / f"year={year}" / "part.parquet", index=False)
    (folder / "sales" / "_SUCCESS").write_text("")
    found = read("sales")
    assert (len(found), sorted(set(found["year"]))) == (6, [2024, 2025])


def test_an_index_with_a_name_is_a_column(folder):
    FRAME.set_index("city").to_parquet("t.parquet")
    assert set(read("t.parquet").columns) == set(FRAME.columns)


def test_nested_json_becomes_columns(folder):
    (folder / "t.json").write_text('[{"a": {"b": 1, "c": 2}, "d": 3}]')
    assert read("t.json").to_dict("records") == [{"d": 3, "a.b": 1, "a.c": 2}]


def test_a_frame_or_its_name(folder):
    class Other:
        def to_pandas(self):
            return FRAME

    assert read(FRAME) is FRAME
    assert read("people", {"people": FRAME}) is FRAME
    assert read("people", {"people": Other()}) is FRAME
    # The name in the notebook goes before a file of that name.
    (folder / "people").mkdir()
    assert read(" people ", {"people": FRAME}) is FRAME


@pytest.mark.parametrize("name", SKLEARN_TABLES)
def test_sklearn_tables(name):
    frame = read(f"sklearn:{name}")
    dataset = prepare(frame, source=f"sklearn:{name}", target=None).dataset
    assert dataset.target == "target"
    expected = {"breast_cancer": ("benign", "malignant"), "iris": ("setosa", "versicolor", "virginica"), "digits": tuple(range(10)), "diabetes": None}
    assert dataset.classes == expected.get(name, ("class_0", "class_1", "class_2"))


def test_any_file_system_of_fsspec():
    with fsspec.open("memory://somewhere/t.csv", "w") as file:
        FRAME.to_csv(file, index=False)
    assert read("memory://somewhere/t.csv").shape == FRAME.shape


class Server(http.server.SimpleHTTPRequestHandler):
    """Serves a folder, breaks on purpose, and keeps quiet."""

    def do_GET(self):
        if "broken" in self.path:
            self.send_error(500, "out of order")
        else:
            super().do_GET()

    def do_HEAD(self):
        self.do_GET()

    def log_message(self, format, *args):
        """Not in the test's output."""


@pytest.fixture
def address(tmp_path):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Server, directory=str(tmp_path)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join(10)
    server.server_close()


def test_a_url(address, tmp_path):
    FRAME.to_csv(tmp_path / "t.csv", index=False)
    FRAME.to_parquet(tmp_path / "t.parquet", index=False)
    FRAME.to_csv(tmp_path / "export", index=False)
    for name in ("t.csv", "t.parquet", "t.csv?version=2", "export"):
        assert read(f"{address}/{name}").shape == FRAME.shape, name


def test_a_url_that_cannot_be_read(address):
    bare = address.removeprefix("http://")
    with pytest.raises(RequestError) as caught:
        read(f"http://ann:secret@{bare}/nothing.csv?token=secret")
    assert str(caught.value) == f"{address}/nothing.csv cannot be read: there is no such file"
    with pytest.raises(RequestError) as caught:
        read(f"{address}/broken.csv")
    assert str(caught.value).startswith(f"{address}/broken.csv cannot be read: 500, message='out of order'")
    with pytest.raises(RequestError, match=r"notes\.docx is of unknown format; it should be CSV, Parquet, JSON, JSON lines or Feather$"):
        read(f"{address}/notes.docx")


def test_a_server_that_is_not_there():
    with pytest.raises(RequestError, match=r"^http://127\.0\.0\.1:9/t\.csv cannot be read: Cannot connect to host 127\.0\.0\.1:9"):
        read("http://127.0.0.1:9/t.csv")


BROKEN = {
    "empty.csv": b"",
    "blank.csv": b" \n\n",
    "twins.csv": b"age,city,age\n1,2,3\n",
    "ragged.csv": b"a,b\n1,2\n1,2,3,4\n1,2\n",
    "binary.csv": b"a,b\n\0\1\2",
    "notes.docx": b"PK stuff",
    "broken.parquet": b"PAR1 and nothing more",
    "broken.feather": b"ARROW1 and nothing more",
    "broken.json": b'{"a": [1,',
    "scalar.json": b"3",
    "broken.jsonl": b'{"a": 1}\n{"a": \n',
    "list.jsonl": b"[1]\n",
}


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "no data: give a DataFrame's name, a path, a URL or sklearn:NAME"),
        ("churm.csv", "no data 'churm.csv': neither a DataFrame nor a file; did you mean 'churn.csv'?"),
        ("peopel", "no data 'peopel': neither a DataFrame nor a file; did you mean 'people'?"),
        ("data/chrn.csv", "no data 'data/chrn.csv': neither a DataFrame nor a file; did you mean 'data/churn.csv'?"),
        ("number", "'number' is no DataFrame but of type int"),
        ("sklearn:irs", "unknown data 'sklearn:irs'; did you mean 'iris'?"),
        ("sklearn:linnerud", "unknown data 'sklearn:linnerud'; known: breast_cancer, diabetes, digits, iris, wine"),
        ("openml:31", "'openml:31': openml: is not supported; download the table and give its path"),
        ("nowhere://t.csv", "nowhere://t.csv cannot be read: Protocol not known: nowhere"),
        ("hollow", "the folder 'hollow' holds no Parquet files"),
        ("garbled", "the folder 'garbled' cannot be read as Parquet: "),
        ("empty.csv", "empty.csv is empty"),
        ("blank.csv", "blank.csv is empty"),
        ("twins.csv", "twins.csv has the column name 'age' more than once"),
        ("ragged.csv", "ragged.csv cannot be read as CSV: Expected 2 fields in line 3, saw 4"),
        ("binary.csv", "binary.csv cannot be read as text: it holds binary data"),
        ("notes.docx", "notes.docx is of unknown format; it should be CSV, Parquet, JSON, JSON lines or Feather"),
        ("broken.parquet", "broken.parquet cannot be read as parquet: "),
        ("broken.feather", "broken.feather cannot be read as feather: "),
        ("broken.json", "broken.json cannot be read as JSON: Expecting value: line 1 column 10 (char 9)"),
        ("scalar.json", "scalar.json holds no table; its JSON should be a list of objects or an object of columns"),
        ("broken.jsonl", "broken.jsonl cannot be read as JSON lines: line 2: Expecting value"),
        ("list.jsonl", "list.jsonl cannot be read as JSON lines: line 1 is no object"),
        ("twins.parquet", "twins.parquet has the column name 'age' more than once"),
    ],
)
def test_what_cannot_be_read(folder, source, message):
    import pyarrow as pa
    import pyarrow.parquet as pq

    for name, content in BROKEN.items():
        (folder / name).write_bytes(content)
    pq.write_table(pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["age", "age"]), folder / "twins.parquet")
    for name in ("hollow", "garbled", "data"):
        (folder / name).mkdir()
    (folder / "garbled" / "part.parquet").write_bytes(b"PAR1 and nothing more")
    FRAME.to_csv("churn.csv")
    FRAME.to_csv("data/churn.csv")
    with pytest.raises(RequestError) as caught:
        read(source, {"people": FRAME, "_private": FRAME, "number": 3})
    assert str(caught.value).startswith(message)
    assert message.endswith(": ") or str(caught.value) == message
    assert caught.value.path == ("data",)
    assert "\n" not in str(caught.value)


def test_something_else_than_a_table():
    with pytest.raises(RequestError, match=r"^the data is no DataFrame but of type list$"):
        read([1, 2])


def test_lines_that_end_with_a_separator_shift_no_column(folder):
    (folder / "t.csv").write_text("y,a,b\n" + "".join(f"{row % 2},{row},{row * 2},\n" for row in range(6)))
    frame = read("t.csv")
    assert list(frame.columns) == ["y", "a", "b"]
    assert frame.to_numpy().tolist() == [[row % 2, row, row * 2] for row in range(6)]


def test_names_of_rows_stay_beside_the_columns(folder):
    (folder / "r.csv").write_text("y,a\n" + "".join(f"row{row},{row % 2},{row}\n" for row in range(6)))
    assert read("r.csv").reset_index(drop=True).to_numpy().tolist() == [[row % 2, row] for row in range(6)]


def test_json_lines_end_where_lines_of_json_end(folder):
    (folder / "t.jsonl").write_bytes('{"a": 1, "t": "x\u2028y"}\r\n{"a": 2, "t": "\u0085"}\n'.encode())
    assert read("t.jsonl")["t"].tolist() == ["x\u2028y", "\u0085"]
