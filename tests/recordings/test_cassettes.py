"""Everything that is recorded may be seen by everybody."""


def test_every_cassette_is_clean(recording):
    assert not recording.findings()
