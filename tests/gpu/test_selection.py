"""What --gpus means, and what is said of what cannot be meant."""

import pytest
from tests.support.gpus import fake_gpu, uuid_of

from rexlab.errors import InputError
from rexlab.gpu.devices import Inventory
from rexlab.gpu.selection import select_gpus

THREE = Inventory(tuple(fake_gpu(index) for index in range(3)))
NO_DRIVER = Inventory(problem="there is no NVIDIA driver here")


@pytest.mark.parametrize(
    ("choice", "indices"),
    [
        ("auto", [0, 1, 2]),
        ("none", []),
        ("1", [1]),
        ("2,0", [2, 0]),
        (f" {uuid_of(1)} , 0 ", [1, 0]),
    ],
)
def test_gpus_are_chosen_by_number_and_by_uuid(choice, indices):
    assert [gpu.index for gpu in select_gpus(choice, THREE)] == indices


@pytest.mark.parametrize(
    ("choice", "said"),
    [
        ("3", "there is no GPU 3; there are 0 ("),
        ("GPU-0000", "there is no GPU GPU-0000"),
        ("-1", "there is no GPU -1"),
        ("1,1", "GPU 1 is named twice"),
        (f"1,{uuid_of(1)}", "GPU 1 is named twice"),
        ("auto,1", "there is no GPU auto"),
        ("", "--gpus is empty"),
        (",", "--gpus is empty"),
    ],
)
def test_what_cannot_be_meant_is_said_in_one_line(choice, said):
    with pytest.raises(InputError) as refused:
        select_gpus(choice, THREE)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_without_gpus_auto_is_content_and_a_number_is_told_why_there_is_none():
    assert select_gpus("auto", NO_DRIVER) == ()
    assert select_gpus("none", NO_DRIVER) == ()
    with pytest.raises(InputError, match="--gpus 0: no GPU can be used here: there is no NVIDIA driver here"):
        select_gpus("0", NO_DRIVER)
