"""What is kept of a validator's messages: of a long one its beginning and its end, and all of it can be searched."""

from judge.blob import Blob
from judge.feedback import Feedback, cut


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
