"""What is kept of a validator's messages: of a long one its beginning and its end, and all of it can be searched."""

from judge.blob import Blob
from judge.feedback import Feedback, cut
from schemas.definition import FileData


def test_a_long_message_keeps_its_beginning_and_its_end_and_is_searched_whole():
    text = "first" + "x" * 5000 + " déjà vu " + "y" * 5000 + "last"
    feedback = Feedback.read({"judgemessage.txt": Blob.sealed(text.encode())})
    assert feedback.message.startswith("firstxxx")
    assert feedback.message.endswith("yyylast")
    assert len(feedback.message) < 4200
    assert feedback.says("déjà vu")
    assert not feedback.says("Déjà")
    both = feedback.then(Feedback("short"))
    assert both.says("déjà vu")
    assert both.says("short")
    assert cut(feedback.message, 1000).startswith("firstxxx")
    assert cut(feedback.message, 1000).endswith("yyylast")
    assert len(cut(feedback.message, 1000)) <= 1000


def test_a_short_message_is_kept_as_it_is():
    feedback = Feedback.read({"judgemessage.txt": Blob.sealed(b"all of it"), "teammessage.txt": Blob.sealed(b"try")})
    assert (feedback.message, feedback.team_message) == ("all of it", "try")
    assert feedback.says("of")
    assert not feedback.says("try")
    assert cut("all of it", 1000) == "all of it"


def test_what_of_the_other_files_is_not_kept_is_named():
    files = {"b.txt": b"b", "big.png": b"x" * (17 << 10), "c\udcff": b"c" * 9}
    feedback = Feedback.read({name: Blob.sealed(data) for name, data in files.items()})
    note = FileData("[left out].txt", b"big.png: 17408 bytes\n")
    assert feedback.kept(1 << 20) == (FileData("b.txt", b"b"), FileData("c\\xff", b"c" * 9), note)
    assert feedback.kept(6)[1].data == b"big.png: 17408 bytes\nc\\xff: 9 bytes\n"
    many = Feedback.read({f"{n:03}{'x' * 240}": Blob.sealed(b"") for n in range(100)})
    (note,) = many.kept(0)
    assert [line[:3] for line in note.data.splitlines()] == [b"000", b"001", b"002", b"003", b"and"]
    assert note.data.endswith(b"and 96 more\n")
    assert Feedback.read({"b.txt": Blob.sealed(b"b")}).kept(100) == (FileData("b.txt", b"b"),)
