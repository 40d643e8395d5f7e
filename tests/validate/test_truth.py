"""Files of measurements: what is read, and what is refused with its line."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trainyard.validate import truth

import trainyard

HEAD = "id,device,workload,metric,value,unit\n"


def read(tmp_path, text):
    path = tmp_path / "truth.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return truth.read(str(path))


def refusal(tmp_path, text):
    with pytest.raises(trainyard.Error) as caught:
        read(tmp_path, text)
    assert caught.value.code == "E006"
    return str(caught.value)


def test_times_are_in_seconds_and_other_quantities_as_they_stand(tmp_path):
    rows = read(tmp_path, HEAD + "A,trn2,w,latency,2.5,us\nB,inf2,w,mfu,17.5,%\nC,x,w,t,3,ms\n")
    assert [row.value for row in rows] == pytest.approx([2.5e-6, 17.5, 3e-3])
    assert [row.machine for row in rows] == ["trn2", "trn1", None]
    assert [row.is_time for row in rows] == [True, False, True]
    assert [row.line for row in rows] == [2, 3, 4]
    assert rows[0].use == "equality" and rows[0].source == ""


def test_columns_may_stand_in_any_order_and_be_more(tmp_path):
    text = "notes,unit,value,metric,workload,device,id,use\nx,ns,7,latency,w,trn2,A,context\n"
    (row,) = read(tmp_path, text)
    assert (row.id, row.use) == ("A", "context") and row.value == pytest.approx(7e-9)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "no column id"),
        ("id,device,workload,metric,value\n", "no column unit"),
        (HEAD + "A,trn2,w,latency,much,us\n", "line 2: value"),
        (HEAD + "A,trn2,w,latency,1,us\nB,trn2,w,latency,nan,us\n", "line 3: value"),
        (HEAD + "A,trn2\n", "found nothing"),
        (HEAD.encode() + b"\xff\xfe", "utf-8"),
    ],
)
def test_what_is_no_measurement_is_refused(tmp_path, text, said):
    assert said in refusal(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(trainyard.Error, match="E006"):
        truth.read(str(tmp_path / "none.csv"))


@settings(max_examples=300, deadline=None)
@given(st.one_of(st.binary(max_size=300), st.text(max_size=200).map(lambda s: (HEAD + s).encode())))
def test_no_bytes_do_more_than_be_refused(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("fuzz") / "truth.csv"
    path.write_bytes(content)
    try:
        rows = truth.read(str(path))
    except trainyard.Error as error:
        assert error.code == "E006"
    else:
        assert all(row.value == row.value for row in rows)
